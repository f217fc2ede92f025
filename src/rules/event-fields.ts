import type { ClientInfo, ConnInfo, HookEvent, Property, SubscriptionOptions } from '../events/hook-event.ts'
import { isSecretProperty } from '../events/secret-property.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import type { RuleInput } from './rule-input.ts'

/** A value of a field; undefined: this event does not carry it. */
export type FieldValue = string | number | boolean | Readonly<Record<string, unknown>> | undefined

/** What a field holds: `json` a payload that may be JSON, `map` properties of MQTT 5. */
export type FieldType = 'string' | 'int' | 'bool' | 'json' | 'map'

/** A field of events, under the name that EMQX 5's rule engine gives it; the contract's own where that has none. */
export interface EventField {
  readonly name: string
  readonly type: FieldType
  /** The hooks whose events have it. */
  readonly hooks: ReadonlySet<HookPoint>
  /** Never throws. */
  readonly read: (input: RuleInput) => FieldValue
  /** In the format `emqx`, where that differs from what templates and conditions read. */
  readonly written?: (input: RuleInput) => FieldValue
  /** Only for templates and conditions: another name of something. */
  readonly alias?: true
}

const ALL: readonly HookPoint[] = [...HOOKS.keys()]
const OF_MESSAGE = ALL.filter((hook) => HOOKS.get(hook)?.topic === 'message')
const OF_CONNECTION: readonly HookPoint[] = ['client.connect', 'client.connack']
const OF_SUBSCRIBING: readonly HookPoint[] = ['client.subscribe', 'session.subscribed']
const RECEIPTS: readonly HookPoint[] = ['message.delivered', 'message.acked']
/** The hooks that are about the client itself, not about a topic. */
const OF_CLIENT = ALL.filter((hook) => HOOKS.get(hook)?.topic === 'none' && !OF_CONNECTION.includes(hook))

/**
 * Every field, in the order in which the format `emqx` writes them. The one table of which hook has what: templates,
 * conditions and the format are made from it.
 *
 * Source: EMQX 5's documentation, "Data Sources and Fields", as far as the ExHook contract carries it: it has no flags, no
 * `clean_start`, no `connected_at`.
 */
export const EVENT_FIELDS: readonly EventField[] = [
  field('event', 'string', ALL, ({ event }) => event.hook),
  field('id', 'string', OF_MESSAGE, ({ event }) => messageOf(event)?.id),
  field('clientid', 'string', ALL, ({ event }) => event.clientid),
  field('username', 'string', ALL, ({ event }) => event.username),
  field('from_clientid', 'string', RECEIPTS, ({ event }) => messageOf(event)?.from),
  field('from_username', 'string', RECEIPTS, ({ event }) => messageOf(event)?.headers.username),
  { ...field('from', 'string', OF_MESSAGE, ({ event }) => messageOf(event)?.from), alias: true },
  {
    ...field('topic', 'string', withTopic(), (input) => input.plainTopic),
    written: (input) => input.topic,
  },
  field('qos', 'int', [...OF_MESSAGE, ...OF_SUBSCRIBING], ({ event }) => qosOf(event)),
  field('rh', 'int', OF_SUBSCRIBING, ({ event }) => optionsOf(event)?.rh),
  field('rap', 'int', OF_SUBSCRIBING, ({ event }) => optionsOf(event)?.rap),
  field('nl', 'int', OF_SUBSCRIBING, ({ event }) => optionsOf(event)?.nl),
  field('payload', 'json', OF_MESSAGE, (input) => input.payloadText().text),
  field('payload_encoding', 'string', OF_MESSAGE, (input) =>
    input.payloadText().isBase64 ? 'base64' : undefined,
  ),
  field('peerhost', 'string', ALL, ({ event }) => event.peerhost),
  field('peerport', 'int', [...OF_CONNECTION, ...OF_CLIENT], ({ event }) => networkOf(event)?.peerport),
  field('sockport', 'int', [...OF_CONNECTION, ...OF_CLIENT], ({ event }) => networkOf(event)?.sockport),
  field('protocol', 'string', without(OF_CONNECTION), ({ event }) => protocolOf(event)),
  field('proto_name', 'string', OF_CONNECTION, ({ event }) => connOf(event)?.protoName),
  field('proto_ver', 'string', OF_CONNECTION, ({ event }) => connOf(event)?.protoVer),
  field('keepalive', 'int', OF_CONNECTION, ({ event }) => connOf(event)?.keepalive),
  field('mountpoint', 'string', OF_CLIENT, ({ event }) => clientOf(event)?.mountpoint),
  field('is_superuser', 'bool', OF_CLIENT, ({ event }) => clientOf(event)?.isSuperuser),
  field('is_anonymous', 'bool', OF_CLIENT, ({ event }) => clientOf(event)?.anonymous),
  field('cn', 'string', OF_CLIENT, ({ event }) => clientOf(event)?.cn),
  field('dn', 'string', OF_CLIENT, ({ event }) => clientOf(event)?.dn),
  field('reason_code', 'string', ['client.connack'], ({ event }) =>
    'resultCode' in event ? event.resultCode : undefined,
  ),
  field('reason', 'string', ['client.disconnected', 'session.terminated', 'message.dropped'], ({ event }) =>
    'reason' in event ? event.reason : undefined,
  ),
  field('action', 'string', ['client.authorize'], ({ event }) =>
    'action' in event ? event.action : undefined,
  ),
  field('result', 'bool', ['client.authenticate', 'client.authorize'], ({ event }) =>
    'result' in event ? event.result : undefined,
  ),
  field('pub_props', 'map', ['message.publish', 'message.ingress'], propertiesOf),
  field('conn_props', 'map', OF_CONNECTION, propertiesOf),
  field('sub_props', 'map', ['client.subscribe'], propertiesOf),
  field('unsub_props', 'map', ['client.unsubscribe'], propertiesOf),
  field('timestamp', 'int', ALL, ({ event }) => event.receivedAtMs),
  field('publish_received_at', 'int', OF_MESSAGE, ({ event }) => messageOf(event)?.timestampMs || undefined),
  field('node', 'string', ALL, ({ event }) => event.node),
]

/** The same by name. */
export const FIELD_OF: ReadonlyMap<string, EventField> = new Map(EVENT_FIELDS.map((one) => [one.name, one]))

/** The fields that the format `emqx` writes of each hook, in order. */
export const WRITTEN_FIELDS: ReadonlyMap<HookPoint, readonly EventField[]> = new Map(
  ALL.map((hook) => [hook, EVENT_FIELDS.filter(({ hooks, alias }) => hooks.has(hook) && !alias)]),
)

/** The event as EMQX 5's rule engine writes it; a field that it does not carry is left out. Never throws. */
export function emqxEvent(input: RuleInput): Readonly<Record<string, FieldValue>> {
  const made: Record<string, FieldValue> = {}
  for (const { name, read, written } of WRITTEN_FIELDS.get(input.event.hook) ?? []) {
    const value = (written ?? read)(input)
    if (value !== undefined) made[name] = value
  }
  return made
}

/**
 * Properties of MQTT 5 as EMQX 5 shows them: by name, the user's under `User-Property` (the last of a name) and
 * `User-Property-Pairs` (all, in order). Undefined when there are none: EMQX before 5.9 does not send them with messages.
 * `Authentication-Data` is left out: what it holds is between the client and EMQX.
 */
function propertiesOf(input: RuleInput): Readonly<Record<string, unknown>> | undefined {
  const { event } = input
  // Nearly all events have none.
  if (!('props' in event) || (event.props.length === 0 && event.userProps.length === 0)) return undefined
  return input.properties(() => madeProperties(event))
}

type EventWithProps = Extract<HookEvent, { props: unknown }>

function madeProperties(event: EventWithProps): Readonly<Record<string, unknown>> {
  const own = publicProperties(event.props)
  if (event.userProps.length === 0) return Object.fromEntries(own)
  return Object.fromEntries([
    ...own,
    ['User-Property', Object.fromEntries(event.userProps.map(({ name, value }) => [name, value]))],
    ['User-Property-Pairs', event.userProps.map(({ name, value }) => ({ key: name, value }))],
  ])
}

/** The properties that may leave the program, as pairs of name and value. */
export const publicProperties = (props: readonly Property[]): [string, string][] =>
  props.flatMap(({ name, value }) => (isSecretProperty(name) ? [] : [[name, value]]))

function field(
  name: string,
  type: FieldType,
  hooks: readonly HookPoint[],
  read: EventField['read'],
): EventField {
  return { name, type, hooks: new Set(hooks), read }
}

function withTopic(): readonly HookPoint[] {
  return ALL.filter((hook) => HOOKS.get(hook)?.topic !== 'none')
}

function without(hooks: readonly HookPoint[]): readonly HookPoint[] {
  return ALL.filter((hook) => !hooks.includes(hook))
}

type MessageEvent = Extract<HookEvent, { message: unknown }>

const messageOf = (event: HookEvent): MessageEvent['message'] | undefined =>
  'message' in event ? event.message : undefined

const clientOf = (event: HookEvent): ClientInfo | undefined =>
  'clientinfo' in event ? event.clientinfo : undefined

const connOf = (event: HookEvent): ConnInfo | undefined => ('conninfo' in event ? event.conninfo : undefined)

const networkOf = (event: HookEvent): ConnInfo | ClientInfo | undefined => connOf(event) ?? clientOf(event)

const protocolOf = (event: HookEvent): string | undefined =>
  clientOf(event)?.protocol ?? messageOf(event)?.headers.protocol

function optionsOf(event: HookEvent): SubscriptionOptions | undefined {
  if ('options' in event) return event.options
  // A client.subscribe comes here with one of its filters at a time.
  return 'filters' in event ? event.filters[0]?.options : undefined
}

const qosOf = (event: HookEvent): number | undefined => messageOf(event)?.qos ?? optionsOf(event)?.qos
