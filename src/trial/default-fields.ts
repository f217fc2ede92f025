import { HOOKS, type HookPoint } from '../hooks.ts'
import { FIELD_OF } from '../rules/event-fields.ts'

/** When an event that does not say so came: always the same, so that the same file always makes the same records. */
export const DEFAULT_TIME_MS = Date.UTC(2026, 0, 1)

type Value = string | number | boolean

/** What a field is that an event does not give; what is not here is empty, zero or false. */
const DEFAULTS: Readonly<Record<string, Value>> = {
  id: '00000000000000000000000000000001',
  clientid: 'client-1',
  from: 'publisher-1',
  node: 'emqx@127.0.0.1',
  peerhost: '127.0.0.1',
  peerport: 50_000,
  sockport: 1883,
  protocol: 'mqtt',
  proto_name: 'MQTT',
  proto_ver: '5',
  keepalive: 60,
  reason_code: 'success',
  reason: 'normal',
  action: 'publish',
  result: true,
  timestamp: DEFAULT_TIME_MS,
}

const OF_HOOK: { readonly [hook in HookPoint]?: Readonly<Record<string, Value>> } = {
  'message.dropped': { reason: 'no_subscribers' },
}

/** The value that a field has in an event of this hook that does not give it; undefined: the empty one of its type. */
export const defaultOf = (hook: HookPoint, name: string): Value | undefined =>
  OF_HOOK[hook]?.[name] ?? DEFAULTS[name]

/** Told by other fields: the publisher is the client, the message's time is that of the call. */
const DERIVED: ReadonlySet<string> = new Set(['publish_received_at', 'from_clientid'])

/** The fields of the hook that are not given and have a default that is not empty, in the order of the defaults. */
export function defaultsUsed(
  hook: HookPoint,
  given: ReadonlyMap<string, unknown>,
): readonly (readonly [string, Value])[] {
  const isReceipt = FIELD_OF.get('from_clientid')?.hooks.has(hook) === true
  const publisherGiven = given.has('from') || given.has('from_clientid')
  return Object.keys(DEFAULTS).flatMap((name) => {
    const value = defaultOf(hook, name)
    const has = FIELD_OF.get(name)?.hooks.has(hook) === true && !DERIVED.has(name)
    if (!has || given.has(name) || value === undefined) return []
    // The publisher of all other messages is the client.
    if (name === 'from' && (!isReceipt || publisherGiven)) return []
    if (name === 'clientid' && given.has('from') && !isReceipt && HOOKS.get(hook)?.topic === 'message')
      return []
    return [[name, value] as const]
  })
}
