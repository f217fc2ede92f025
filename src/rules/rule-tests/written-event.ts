import type { Property } from '../../events/hook-event.ts'
import type { HookPoint } from '../../hooks.ts'

/** An event as a person writes it down to try rules out: what is not written has a default (see hook-call.ts). */
export interface WrittenEvent {
  readonly kind: 'written'
  readonly hook: HookPoint
  /** Under the names of event-fields.ts, only fields that the hook has; not topic, payload and properties. */
  readonly fields: ReadonlyMap<string, string | number | boolean>
  /** One, where the hook has a topic; of client.subscribe and client.unsubscribe perhaps several; else none. */
  readonly topics: readonly string[]
  /** null: not written. */
  readonly payload: Buffer | null
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

/** A hook call as EMQX sent it, byte for byte. */
export interface RecordedCall {
  readonly kind: 'recorded'
  readonly hook: HookPoint
  /** The message of the RPC in protobuf, without gRPC's prefix. */
  readonly request: Buffer
  /** When it was received, in ms since 1970; null: not written. */
  readonly receivedAtMs: number | null
}

/** Something to try rules with. */
export type TrialEvent = WrittenEvent | RecordedCall
