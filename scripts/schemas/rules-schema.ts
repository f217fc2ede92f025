import type { JsonSchema } from '../../src/config/json-schema.ts'
import { HOOKS } from '../../src/hooks.ts'
import { FORMAT_NAMES } from '../../src/rules/formats/format-names.ts'
import { MAX_PARTITION } from '../../src/rules/kafka-record.ts'
import { DEAD_LETTER_TOPIC } from '../../src/rules/kafka-topic.ts'
import { DECISIONS, REJECTABLE } from '../../src/rules/policy.ts'
import { ON_TIMEOUTS, OVERFLOWS, PRIORITIES, REPLIES } from '../../src/rules/policy-fields.ts'
import { MAX_HEADERS, OUR_HEADERS } from '../../src/rules/record-fields.ts'
import { MAX_NAME_LENGTH, type RuleKey } from '../../src/rules/rule-fields.ts'
import { TIMESTAMPS } from '../../src/rules/rule-file.ts'
import type { RecordField } from '../../src/rules/rule-tests/rule-test.ts'
import { eventSchema } from './event-schema.ts'
import {
  anyCase,
  anyMap,
  described,
  fits,
  map,
  oneOf,
  oneOrMore,
  type Schema,
  text,
  wholeNumber,
  without,
} from './words.ts'

const HOOK_NAMES = [...HOOKS.keys()]
const TOPICLESS = HOOK_NAMES.filter((hook) => HOOKS.get(hook)?.topic === 'none')
const WITHOUT_PAYLOAD = HOOK_NAMES.filter((hook) => HOOKS.get(hook)?.topic !== 'message')

/** A topic filter, without the group of a shared subscription. */
const FILTER = fits('^(?!\\$share/|\\$queue/)(?!$)(#|(\\+|[^+#/]*)(/(\\+|[^+#/]*))*(/#)?)$')
const TEMPLATE = '\\$\\{'
const NOT_OURS = `(?!__)(?!${DEAD_LETTER_TOPIC.replaceAll('.', '\\.')}$)`
const KAFKA_TOPIC = `${NOT_OURS}(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,249}$`

/** Every key of a rule: the compiler sees to it that none is left out. */
const RULE: Readonly<Record<RuleKey, Schema>> = {
  name: described('Unique; the label of its metrics. Default: made from hook and topic.', {
    ...fits('\\S'),
    maxLength: MAX_NAME_LENGTH,
  }),
  hook: described('A hook point, or a list of them.', oneOrMore(oneOf(HOOK_NAMES))),
  filter: described(
    'MQTT topic filter, or a list; only on hooks with a topic. Default: every topic.',
    oneOrMore(FILTER),
  ),
  exclude: described('Topic filters that never match.', oneOrMore(FILTER)),
  when: described("A condition in CEL over the event's fields, as in `qos > 0 && payload.battery < 20.0`.", {
    ...text,
    minLength: 1,
  }),
  topic: described('The Kafka topic; a template with `allow`.', fits(`${TEMPLATE}|^${KAFKA_TOPIC}`)),
  allow: described(
    'The Kafka topics that the template may make: names, or beginnings as in `vehicles.*`.',
    oneOrMore(fits(`^${NOT_OURS}[a-zA-Z0-9._-]{1,249}\\*?$`)),
  ),
  key: described("Template for the record's key; `null`: none. Default: `${clientid}`.", {
    type: ['string', 'null'],
    minLength: 1,
  }),
  headers: described('A map of header names to templates.', {
    ...anyMap(text),
    propertyNames: {
      pattern: `^(?!__proto__$)(?!${anyCase(OUR_HEADERS.source.slice(1))})[\\x21-\\x7e]{1,200}$`,
    },
    maxProperties: MAX_HEADERS,
  }),
  partition: described('A number, or a template that makes one. Default: by key.', {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: MAX_PARTITION,
    pattern: `${TEMPLATE}|^\\d{1,10}$`,
  }),
  timestamp: described(
    "The record's time: EMQX's of the message, or when the hook call came.",
    oneOf(TIMESTAMPS),
  ),
  format: described('How the value is written. Default: bridge.', oneOf(FORMAT_NAMES)),
  enabled: described('`false` switches the rule off.', { type: 'boolean' }),
  reply: described('When EMQX is answered. Default: queued.', oneOf(REPLIES)),
  on_timeout: described('What a wait that was in vain means. Default: accept.', oneOf(ON_TIMEOUTS)),
  overflow: described(
    'When the queue is full. Default: wait for QoS 1 and 2, else drop-newest.',
    oneOf(OVERFLOWS),
  ),
  priority: described('The queue counts as full at 70 %, 85 %, 100 %. Default: high.', oneOf(PRIORITIES)),
}

const RECORD: Readonly<Record<RecordField, Schema>> = {
  rule: described('The name of the rule that made it.', text),
  topic: described('The Kafka topic.', text),
  key: described('`null`: none.', { type: ['string', 'null'] }),
  partition: described('`null`: by key.', { type: ['integer', 'null'], minimum: 0, maximum: MAX_PARTITION }),
  timestamp: described('In ms since 1970.', wholeNumber(Number.MAX_SAFE_INTEGER)),
  headers: described(
    'Some of its headers; `null`: there is none of this name.',
    anyMap({ type: ['string', 'null'] }),
  ),
  value: described('Text: the whole value. A map: some of its JSON. A list: all items.', {}),
  value_base64: described('The whole value in base64.', text),
}

const TEST = {
  name: text,
  event: described('What comes in.', { $ref: '#/definitions/event' }),
  records: described('All records that come of it, in the order of the rules; `[]`: none.', {
    type: 'array',
    items: map(RECORD),
  }),
}

/** What does not go together with some hooks, and `allow` with a template alone. */
const TOGETHER: readonly Schema[] = [
  when({ topic: fits(TEMPLATE) }, { required: ['allow'] }, without('allow')),
  when({ hook: someOf(TOPICLESS) }, without('filter', 'exclude')),
  when({ hook: someOf(WITHOUT_PAYLOAD) }, never('format', 'payload')),
  when(
    { hook: someOf(HOOK_NAMES.filter((hook) => !REJECTABLE.has(hook))) },
    {
      allOf: [never('overflow', 'reject'), never('on_timeout', 'reject')],
    },
  ),
  when(
    { hook: someOf(HOOK_NAMES.filter((hook) => DECISIONS.has(hook))) },
    {
      properties: { reply: oneOf(['queued']) },
    },
  ),
]

/** The JSON Schema of a rule file, made of the tables that its reader uses. */
export const rulesSchema = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Rules of exhook-kafka',
  ...map(
    {
      rules: described('Which events go to which Kafka topic.', {
        type: 'array',
        minItems: 1,
        items: { ...map(RULE, ['hook', 'topic']), allOf: TOGETHER },
      }),
      tests: described('Events, and the records that the rules are to make of them; `check` runs them.', {
        type: 'array',
        items: map(TEST, ['event', 'records']),
      }),
    },
    ['rules'],
  ),
  definitions: { event: eventSchema() },
})

function when(properties: Readonly<Record<string, Schema>>, then: Schema, otherwise?: Schema): Schema {
  return {
    if: { properties, required: Object.keys(properties) },
    then,
    ...(otherwise !== undefined && { else: otherwise }),
  }
}

/** One of these, or a list with one of them. */
function someOf(words: readonly string[]): Schema {
  return { anyOf: [oneOf(words), { type: 'array', contains: oneOf(words) }] }
}

function never(key: string, word: string): Schema {
  return { properties: { [key]: { not: { const: word } } } }
}
