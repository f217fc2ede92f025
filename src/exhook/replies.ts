import { type Contract, methodOf } from '../events/contract.ts'
import type { HookEvent } from '../events/hook-event.ts'
import type { ReplyKind, RpcName } from '../hooks.ts'

/** gRPC's status codes, as far as this server answers with them. */
export const STATUS = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const

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

/**
 * The answer that lets nobody receive a message: STOP_AND_RETURN. For message.publish EMQX takes the whole message from
 * the reply, with `allow_publish` false in its headers; for message.ingress a false result says it. The publisher is
 * acknowledged all the same, in MQTT 5 with reason 0x10 (no matching subscribers).
 */
export function createRejection(contract: Contract): (event: HookEvent) => HookReply {
  const { responseSerialize } = methodOf(contract, 'v3', 'OnMessagePublish')
  const ingress: HookReply = Object.freeze({
    body: responseSerialize({ type: 'STOP_AND_RETURN', bool_result: false }),
  })
  return (event) => {
    if (event.hook === 'message.ingress') return ingress
    if (event.hook !== 'message.publish') throw new Error(`${event.hook} cannot be rejected`)
    const { timestampMs, headers, ...message } = event.message
    return {
      body: responseSerialize({
        type: 'STOP_AND_RETURN',
        message: {
          ...message,
          node: event.node,
          timestamp: timestampMs,
          headers: { ...headers, allow_publish: 'false' },
        },
      }),
    }
  }
}

/** An answer that is a gRPC error. */
export type Refusal = Extract<HookReply, { readonly body: null }>

const refusal = (status: number, message: string): Refusal => Object.freeze({ body: null, status, message })

/** The gRPC errors. EMQX treats each by the server's failed_action at once, instead of waiting for its timeout. */
export const REFUSALS = Object.freeze({
  malformed: refusal(STATUS.invalidArgument, 'the request is not a message of its type'),
  overloaded: refusal(STATUS.resourceExhausted, 'too many calls wait for Kafka, try later'),
  too_large: refusal(STATUS.resourceExhausted, 'the request is larger than grpc.max_receive_bytes'),
  incomplete: refusal(STATUS.deadlineExceeded, 'the request was not complete shortly before its deadline'),
  compressed: refusal(STATUS.unimplemented, 'compressed requests are not taken'),
  internal: refusal(STATUS.internal, 'this call failed in the provider; its log tells why'),
})
