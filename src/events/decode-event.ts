import { HOOKS, type HookPoint } from '../hooks.ts'
import { type Contract, requestTypeOf } from './contract.ts'
import { EVENT_MAKERS } from './event-makers.ts'
import type { HookEvent } from './hook-event.ts'
import { createDecoders, type DecodeMessage } from './message-decoder.ts'

/**
 * Turns the body of a hook's request, of either version of the contract, into its event. What EMQX left out (a will
 * has no headers) reads as empty. Throws MalformedRequestError for a body that is no such request.
 *
 * `message.payload` is a view of the body, not a copy: whoever keeps it, or the event, keeps the whole request.
 */
export type DecodeEvent = (hook: HookPoint, body: Buffer, receivedAtMs: number) => HookEvent

/**
 * Fields whose values never become a JavaScript value. EMQX sends the client's plain-text password with
 * OnClientAuthenticate; the rest is the same in every call, and no event has it.
 */
export const NOT_DECODED = [
  'ClientInfo.password',
  'RequestMeta.version',
  'RequestMeta.sysdescr',
  'RequestMeta.cluster_name',
] as const

interface Steps {
  readonly decode: DecodeMessage
  /** Takes the request of its own hook only; the contract's descriptors and the makers' types meet in the tests. */
  readonly make: (request: never, receivedAtMs: number) => HookEvent
}

export function createDecodeEvent(contract: Contract): DecodeEvent {
  const decoderOf = createDecoders(contract.types, NOT_DECODED)
  const steps = new Map<HookPoint, Steps>()
  for (const [hook, row] of HOOKS) {
    const request = requestTypeOf(contract, row.rpc)
    steps.set(hook, { decode: decoderOf(request.name), make: EVENT_MAKERS[hook] })
  }
  return (hook, body, receivedAtMs) => {
    const { decode, make } = steps.get(hook) as Steps
    return make(decode(body) as never, receivedAtMs)
  }
}
