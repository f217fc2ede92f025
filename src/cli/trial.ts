import type { TrialEvent } from '../rules/rule-tests/written-event.ts'
import { defaultsUsed } from '../trial/default-fields.ts'
import type { Explanation } from '../trial/explain.ts'
import type { HookCall } from '../trial/hook-call.ts'

/** What `try` shows. */
export interface Trial {
  readonly event: TrialEvent
  readonly call: HookCall
  readonly explanation: Explanation
}

/** What the event did not say and got: of a recorded call nothing but the time. */
export function defaultsOf({
  event,
  call,
}: Trial): readonly (readonly [string, string | number | boolean])[] {
  if (event.kind === 'written') return defaultsUsed(event.hook, event.fields)
  return event.receivedAtMs === null ? [['timestamp', call.event.receivedAtMs]] : []
}
