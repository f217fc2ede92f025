import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { EVENT_FIELDS, type EventField } from '../../src/rules/event-fields.ts'
import { FIELD_CHOICES, largestOf } from '../../src/rules/field-domain.ts'
import { EVENT_KEYS } from '../../src/rules/rule-tests/read-event.ts'
import { anyMap, map, oneOf, oneOrMore, type Schema, text, wholeNumber } from './words.ts'

const BASE64: Schema = { type: 'string', pattern: '^[A-Za-z0-9+/_-]*=*$' }
/** JSON of any kind. */
const ANYTHING: Schema = {}

const PROPERTIES: Schema = {
  type: 'object',
  properties: {
    'User-Property': anyMap(text),
    'User-Property-Pairs': {
      type: 'array',
      items: map({ key: text, value: text }, ['key', 'value']),
    },
  },
  additionalProperties: text,
}

/** An event of a test: the keys that its hook has, of their types. */
export function eventSchema(): Schema {
  const fields = EVENT_FIELDS.map((field) => [field.name, fieldSchema(field)] as const)
  return {
    ...map({ ...Object.fromEntries(fields), payload_base64: BASE64, request_base64: BASE64 }, ['event']),
    allOf: keysOfHooks().map(({ hooks, keys }) => ({
      if: { properties: { event: oneOf(hooks) } },
      // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
      then: { propertyNames: oneOf(keys), ...topicWords(hooks) },
    })),
  }
}

function fieldSchema({ name, type }: EventField): Schema {
  if (name === 'event') return oneOf([...HOOKS.keys()])
  if (name === 'topic') return oneOrMore(text)
  if (name === 'payload') return ANYTHING
  if (name === 'action' || name === 'payload_encoding') return oneOf(FIELD_CHOICES[name])
  switch (type) {
    case 'int':
      return wholeNumber(largestOf(name))
    case 'bool':
      return { type: 'boolean' }
    case 'map':
      return PROPERTIES
    default:
      return text
  }
}

/** The keys that an event may have, hooks with the same ones together. */
function keysOfHooks(): readonly {
  readonly hooks: readonly HookPoint[]
  readonly keys: readonly string[]
}[] {
  const byKeys = Map.groupBy(HOOKS.keys(), (hook) => JSON.stringify([HOOKS.get(hook)?.topic, keysOf(hook)]))
  return [...byKeys.values()].map((hooks) => ({ hooks, keys: keysOf(hooks[0] as HookPoint) }))
}

const keysOf = (hook: HookPoint): readonly string[] =>
  [...EVENT_KEYS.known].filter((key) => {
    if (key === 'request_base64' || key === 'timestamp') return true
    if (key === 'payload_base64') return HOOKS.get(hook)?.topic === 'message'
    return EVENT_FIELDS.some(({ name, hooks }) => name === key && hooks.has(hook))
  })

/** A hook about a topic needs one, unless the event is a recorded call; only of `filters` there may be several. */
function topicWords([hook]: readonly HookPoint[]): Schema {
  const place = HOOKS.get(hook as HookPoint)?.topic
  if (place === 'none') return {}
  const one = place === 'filters' ? {} : { properties: { topic: text } }
  return { ...one, anyOf: [{ required: ['topic'] }, { required: ['request_base64'] }] }
}
