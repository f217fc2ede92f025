import type { HookEvent } from '../events/hook-event.ts'
import { compileRules } from '../rules/compile-rules.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { DEAD_LETTER_TOPIC } from '../rules/kafka-topic.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import { ALONE, type RuleError } from '../rules/surroundings.ts'
import type { HookCall } from './hook-call.ts'

/** Why a rule made no record of an event; the later ones come only after the earlier were passed. */
export type NoRecord = 'disabled' | 'hook' | 'filter' | 'exclude' | 'when' | 'when-failed' | 'too-large'

/** What became of one rule. */
export interface RuleOutcome {
  readonly rule: RuleConfig
  /** null: it made records. */
  readonly reason: NoRecord | null
  readonly records: readonly KafkaRecord[]
  /** Why its condition could not be told, or why its record is a dead letter. */
  readonly errors: readonly RuleError[]
}

/** What the rules make of one event. */
export interface Explanation {
  /** Of every rule of the file, in its order. */
  readonly outcomes: readonly RuleOutcome[]
  /** All records, in the order in which the server queues them. */
  readonly records: readonly KafkaRecord[]
}

export type Explain = (call: HookCall) => Explanation

/**
 * Lets the rules of a file, disabled ones too, work on an event as the server does, and says of each rule why it made
 * nothing. The records are those of RuleSet.apply, and what matches is what RuleSet.match says; dead letters go to
 * the usual topic, and there may be any number of Kafka topics.
 */
export function createExplain(configs: readonly RuleConfig[]): Explain {
  const rules = compileRules(configs)
  return ({ event, getRequest }) => {
    const errors = new Map<string, RuleError[]>()
    const records = rules.apply(event, getRequest, {
      ...ALONE,
      deadLetterTopic: DEAD_LETTER_TOPIC,
      onError(name, error) {
        const known = errors.get(name)
        if (known === undefined) errors.set(name, [error])
        else known.push(error)
      },
    })
    const made = Map.groupBy(records, ({ rule }) => rule)
    const topics = topicsOf(event)
    const matched = new Set(topics.flatMap((topic) => rules.match(event.hook, topic).map(({ name }) => name)))
    const outcomes = configs.map((rule): RuleOutcome => {
      const own = made.get(rule.name) ?? []
      const failed = errors.get(rule.name) ?? []
      const reason = own.length > 0 ? null : reasonOf(rule, event, topics, matched.has(rule.name), failed)
      return { rule, reason, records: own, errors: failed }
    })
    return { outcomes, records }
  }
}

function reasonOf(
  rule: RuleConfig,
  event: HookEvent,
  topics: readonly string[],
  matched: boolean,
  errors: readonly RuleError[],
): NoRecord {
  if (!rule.enabled) return 'disabled'
  if (!rule.hooks.includes(event.hook)) return 'hook'
  if (errors.some(({ code }) => code === 'EVENT_TOO_LARGE')) return 'too-large'
  if (matched) return errors.length > 0 ? 'when-failed' : 'when'
  const withoutExclude = compileRules([{ ...rule, exclude: [] }])
  return topics.some((topic) => withoutExclude.match(event.hook, topic).length > 0) ? 'exclude' : 'filter'
}

/** The topics that rules are matched by: several of a client.subscribe, an empty one where the hook has none. */
function topicsOf(event: HookEvent): readonly string[] {
  if ('filters' in event) return event.filters.map(({ name }) => name)
  return ['topic' in event ? event.topic : '']
}
