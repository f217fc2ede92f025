import { type Contract, methodOf } from '../events/contract.ts'
import type { ReplyKind, RpcName } from '../hooks.ts'

/** gRPC's status codes, as far as this server answers with them. */
export const STATUS = { invalidArgument: 3, resourceExhausted: 8, internal: 13 } as const

/** An answer: a message of the RPC's reply type, or a gRPC error. Both are built once and shared: read only. */
export type HookReply =
  | { readonly body: Buffer }
  | { readonly body: null; readonly status: number; readonly message: string }

/** The answers that leave everything in EMQX as it is, by reply kind. */
export type NormalReplies = Readonly<Record<Exclude<ReplyKind, 'loaded'>, HookReply>>

/**
 * `valued` is IGNORE: EMQX goes on as if nobody had been asked, and nothing is echoed back. An empty ValuedResponse
 * would be CONTINUE without a value, for which EMQX logs a warning each time.
 */
export function createNormalReplies(contract: Contract): NormalReplies {
  const reply = (rpc: RpcName, message: object): HookReply =>
    Object.freeze({ body: methodOf(contract, 'v3', rpc).responseSerialize(message) })
  return { empty: reply('OnMessageAcked', {}), valued: reply('OnMessagePublish', { type: 'IGNORE' }) }
}

const refusal = (status: number, message: string): HookReply => Object.freeze({ body: null, status, message })

/** The gRPC errors. EMQX treats each by the server's failed_action at once, instead of waiting for its timeout. */
export const REFUSALS = Object.freeze({
  malformed: refusal(STATUS.invalidArgument, 'the request is not a message of its type'),
  overloaded: refusal(STATUS.resourceExhausted, 'too many calls wait for Kafka, try later'),
  internal: refusal(STATUS.internal, 'this call failed in the provider; its log tells why'),
})
