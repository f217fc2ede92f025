import type { HookEvent } from '../events/hook-event.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'

/** Reads a value of an event as text; `topic` is the matched topic, or the subscribed filter without its group. */
export type Reader = (event: HookEvent, topic: string) => string

/** A `${name}` that templates may use. */
export interface Variable {
  /** Whether events of this hook carry it. */
  has(hook: HookPoint): boolean
  /** Never throws; '' where the event does not carry it. */
  readonly read: Reader
}

const always = () => true
const withTopic = (hook: HookPoint) => HOOKS.get(hook)?.topic !== 'none'
const withMessage = (hook: HookPoint) => HOOKS.get(hook)?.topic === 'message'
const withQos = (hook: HookPoint) =>
  withMessage(hook) || hook === 'client.subscribe' || hook === 'session.subscribed'

/** Every variable, by the name EMQX 5 gives it. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ['clientid', { has: always, read: (event) => event.clientid }],
  ['username', { has: always, read: (event) => event.username }],
  ['peerhost', { has: always, read: (event) => event.peerhost }],
  ['node', { has: always, read: (event) => event.node }],
  ['event', { has: always, read: (event) => event.hook }],
  ['topic', { has: withTopic, read: (_event, topic) => topic }],
  ['qos', { has: withQos, read: qosOf }],
  ['id', { has: withMessage, read: (event) => ('message' in event ? event.message.id : '') }],
  ['from', { has: withMessage, read: (event) => ('message' in event ? event.message.from : '') }],
])

/** Names of EMQX 5 that a later version will know. */
export const LATER_VARIABLES: ReadonlySet<string> = new Set(['.', 'payload', 'timestamp'])

/** The level of the topic at `index`, from 0; '' when the topic has fewer. Reads no further than that level. */
export function levelReader(index: number): Reader {
  return (_event, topic) => {
    let start = 0
    for (let level = 0; level < index; level++) {
      const slash = topic.indexOf('/', start)
      if (slash === -1) return ''
      start = slash + 1
    }
    const end = topic.indexOf('/', start)
    return end === -1 ? topic.slice(start) : topic.slice(start, end)
  }
}

function qosOf(event: HookEvent): string {
  if ('message' in event) return String(event.message.qos)
  if ('options' in event) return String(event.options.qos)
  // A client.subscribe comes here with one of its filters at a time.
  if ('filters' in event) return String(event.filters[0]?.options.qos ?? '')
  return ''
}
