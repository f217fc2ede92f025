import { toDeadLetter } from '../delivery/dead-letter.ts'
import type { HookEvent } from '../events/hook-event.ts'
import { compileCondition } from './condition.ts'
import type { Format } from './formats/format.ts'
import { type KafkaRecord, recordBytes } from './kafka-record.ts'
import { compilePartition } from './partition-choice.ts'
import type { RuleConfig, TimestampChoice } from './rule-config.ts'
import type { RuleInput } from './rule-input.ts'
import type { Rule } from './rule-set.ts'
import type { Surroundings } from './surroundings.ts'
import { compileTemplate, type Template } from './template.ts'
import { compileTopicChoice } from './topic-choice.ts'

/**
 * Compiles one rule. Its records never throw and carry the headers `emqx-event` and, for messages, `emqx-message-id`.
 * What a rule does not ask for costs its records nothing.
 */
export function compileRule(config: RuleConfig, format: Format): Rule {
  const { name, hooks, topic: kafkaTopic, allow, policy } = config
  const key = config.key === null ? null : compileTemplate(config.key)
  const choosePartition = config.partition === null ? null : compilePartition(config.partition)
  const timestampOf = TIMESTAMPS[config.timestamp]
  const addHeaders = compileHeaders(config.headers, format)
  const holds = config.when === null ? null : compileCondition(config.when, hooks)
  const chooseTopic = allow === null ? null : compileTopicChoice(kafkaTopic, allow)

  function recordFor(input: RuleInput, topic: string, around: Surroundings): KafkaRecord {
    const { event } = input
    const headers = headersOf(event)
    addHeaders?.(input, headers)
    const parts = {
      topic,
      key: key === null ? null : Buffer.from(key(input)),
      value: format.value(input),
      headers,
    }
    const partition = choosePartition === null ? null : choosePartition(input)
    if (typeof partition === 'object' && partition !== null) around.onError(name, partition)
    return {
      ...parts,
      partition: typeof partition === 'number' ? partition : null,
      timestampMs: timestampOf(event),
      receivedAtMs: event.receivedAtMs,
      rule: name,
      policy,
      bytes: recordBytes(parts),
      seq: 0,
    }
  }

  function toRecord(input: RuleInput, around: Surroundings): KafkaRecord | null {
    if (holds !== null) {
      const held = holds(input)
      if (typeof held === 'object') around.onError(name, held)
      if (held !== true) return null
    }
    if (chooseTopic === null) return recordFor(input, kafkaTopic, around)
    const choice = chooseTopic(input, around)
    if (choice.error === null) return recordFor(input, choice.topic, around)
    around.onError(name, choice.error)
    if (around.deadLetterTopic === null) {
      around.onDropped(name, 'no_topic')
      return null
    }
    const record = recordFor(input, choice.topic, around)
    return toDeadLetter(
      record,
      { kind: 'rule', ...choice.error },
      around.deadLetterTopic,
      record.receivedAtMs,
    )
  }

  return { name, hooks, topic: kafkaTopic, allow, format: config.format, policy, toRecord }
}

function headersOf(event: HookEvent): Record<string, string> {
  return 'message' in event
    ? { 'emqx-event': event.hook, 'emqx-message-id': event.message.id }
    : { 'emqx-event': event.hook }
}

type AddHeaders = NonNullable<Format['addHeaders']>

/** Adds the format's headers, then the rule's own, which take the place of the format's. Undefined: there are none. */
function compileHeaders(own: ReadonlyMap<string, string>, format: Format): AddHeaders | undefined {
  if (own.size === 0) return format.addHeaders
  const templates = Array.from(own, ([name, text]): [string, Template] => [name, compileTemplate(text)])
  return (input, headers) => {
    format.addHeaders?.(input, headers)
    for (const [name, template] of templates) headers[name] = template(input)
  }
}

const TIMESTAMPS: { readonly [choice in TimestampChoice]: (event: HookEvent) => number } = {
  event(event) {
    const ms = 'message' in event ? event.message.timestampMs : 0
    return ms > 0 ? ms : event.receivedAtMs
  },
  now: (event) => event.receivedAtMs,
}
