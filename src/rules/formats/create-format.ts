import { HOOKS, type HookPoint } from '../../hooks.ts'
import { createBridgeFormat } from './bridge.ts'
import { createCloudEventsFormat } from './cloudevents.ts'
import { emqxFormat } from './emqx.ts'
import type { Format } from './format.ts'
import type { FormatName } from './format-names.ts'
import { payloadFormat } from './payload.ts'
import { protobufFormat } from './protobuf.ts'

export interface FormatOptions {
  /** Of `bridge`: name the hook in the value. */
  readonly withEvent: boolean
}

/** The format of that name. */
export function createFormat(name: FormatName, options: FormatOptions): Format {
  switch (name) {
    case 'bridge':
      return createBridgeFormat(options)
    case 'emqx':
      return emqxFormat
    case 'payload':
      return payloadFormat
    case 'cloudevents':
      return createCloudEventsFormat()
    case 'protobuf':
      return protobufFormat
  }
}

/** Why a rule of these hooks cannot have the format, with the fix; null when it can. */
export function formatProblem(name: FormatName, hooks: readonly HookPoint[]): string | null {
  const without = hooks.filter((hook) => HOOKS.get(hook)?.topic !== 'message')
  if (name !== 'payload' || without.length === 0) return null
  return `${without.join(', ')} ${without.length === 1 ? 'has' : 'have'} no payload: use \`emqx\`, or split the rule`
}
