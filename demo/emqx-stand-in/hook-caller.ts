import { rpcOf } from './contract.ts'
import type { StandInCounters } from './counters.ts'
import type { ProviderLink } from './provider-link.ts'
import type { CallEnd, ProviderPool } from './provider-pool.ts'

/** A hook call that has ended, for an observer. */
export interface HookCall {
  readonly hook: string
  readonly clientid: string
  readonly outcome: CallEnd['outcome']
  readonly ms: number
  /** Of the message it was about; undefined when it was about none. */
  readonly messageId: string | undefined
  /** The reply's fields by their proto names; only when it succeeded. */
  readonly reply?: CallEnd['reply']
  /** The gRPC code and its text; only when it did not succeed. */
  readonly error?: string
}

export interface HookCallerDeps {
  readonly pool: ProviderPool
  readonly link: ProviderLink
  readonly counters: StandInCounters
  readonly onHookCall?: (call: HookCall) => void
}

/** Calls the provider's hooks. */
export interface HookCaller {
  /** Whether the provider is to be asked at all. */
  wants(hook: string, topic?: string): boolean
  /** Calls a hook for a client and waits; never rejects. Undefined when the provider does not want it. */
  call(hook: string, clientid: string, request: object, topic?: string): Promise<CallEnd | undefined>
}

export function createHookCaller({ pool, link, counters, onHookCall }: HookCallerDeps): HookCaller {
  return {
    wants: link.wants,
    async call(hook, clientid, request, topic) {
      if (!link.wants(hook, topic)) return undefined
      counters.calls++
      const end = await pool.call(rpcOf(hook), clientid, { ...request, meta: link.meta })
      counters[end.outcome]++
      onHookCall?.({
        hook,
        clientid,
        messageId: (request as { message?: { id: string } }).message?.id,
        ...end,
      })
      return end
    },
  }
}
