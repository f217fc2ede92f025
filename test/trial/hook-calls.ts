import { loadContract } from '../../src/events/contract.ts'
import { parseEvent } from '../../src/rules/rule-tests/parse-event.ts'
import { createMakeHookCall, type HookCall } from '../../src/trial/hook-call.ts'

export const makeHookCall = createMakeHookCall(loadContract())

/** The hook call of an event in JSON or YAML. */
export function callOf(event: string | object): HookCall {
  const call = makeHookCall(
    parseEvent(typeof event === 'string' ? event : JSON.stringify(event), 'event.json'),
  )
  if (call === null) throw new Error('bytes that are no request')
  return call
}
