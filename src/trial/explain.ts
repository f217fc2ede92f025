import type { HookEvent } from '../events/hook-event.ts'
import type { HookPoint } from '../hooks.ts'
import { compileRules } from '../rules/compile-rules.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { DEAD_LETTER_TOPIC } from '../rules/kafka-topic.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { ALONE, type RuleError } from '../rules/surroundings.ts'
import type { HookCall } from './hook-call.ts'

/** Why a rule made no record of an event, in the order in which it is asked: one that was passed is not the reason. */
const REASONS = ['disabled', 'hook', 'filter', 'exclude', 'when', 'when-failed', 'too-large'] as const
export type NoRecord = (typeof REASONS)[number]

/** What a rule made of one topic of an event; of a client.subscribe, of one of its topic filters. */
export interface TopicOutcome {
  /** As EMQX names it; '' for a hook without one. */
  readonly topic: string
  /** null: it made a record. */
  readonly reason: NoRecord | null
  /** With the reason `exclude`: the first of the rule's filters that takes this topic away; else null. */
  readonly excludedBy: string | null
  readonly records: readonly KafkaRecord[]
  /** Why its condition could not be told, or why its record is a dead letter. */
  readonly errors: readonly RuleError[]
}

/** What became of one rule. */
export interface RuleOutcome {
  readonly rule: RuleConfig
  /** null: it made records. Of several topics without one, the reason of the one that came furthest. */
  readonly reason: NoRecord | null
  readonly records: readonly KafkaRecord[]
  /** Why its condition could not be told, why its record is a dead letter, or why it has not the partition that the rule asks for. */
  readonly errors: readonly RuleError[]
  /** Each topic of the event, in its order: several of a client.(un)subscribe, else one. */
  readonly topics: readonly TopicOutcome[]
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
  const ask = createAsk()
  return (call) => {
    // RuleSet.apply works on one filter of a client.subscribe after the other, so one at a time makes the same records.
    const parts = partsOf(call.event).map((part) => applied(rules, part, call.getRequest))
    const tooLarge = errorOfWhole(rules, call, parts)
    const outcomes = configs.map((rule): RuleOutcome => {
      const topics = parts.map((part) => {
        const outcome = topicOutcome(rule, call.event, part, ask)
        return tooLarge === null ? outcome : withoutRoom(outcome, tooLarge)
      })
      const records = topics.flatMap((one) => one.records)
      const reason = records.length > 0 ? null : furthest(rule, call.event, topics)
      return { rule, reason, records, errors: topics.flatMap(({ errors }) => errors), topics }
    })
    return { outcomes, records: tooLarge === null ? parts.flatMap(({ records }) => records) : [] }
  }
}

/** All records of an event are made or none: why there are none of several parts that have room by themselves; else null. */
function errorOfWhole(
  rules: RuleSet,
  { event, getRequest }: HookCall,
  parts: readonly Applied[],
): RuleError | null {
  const isTooLarge = ({ code }: RuleError) => code === 'EVENT_TOO_LARGE'
  const whole = parts.length === 1 ? parts : [applied(rules, { event, topic: '' }, getRequest)]
  return whole.flatMap(({ errors }) => [...errors.values()].flat()).find(isTooLarge) ?? null
}

/** What would have become of a topic, had the event had room. */
const withoutRoom = (outcome: TopicOutcome, error: RuleError): TopicOutcome =>
  outcome.reason === null || outcome.errors.includes(error)
    ? { ...outcome, reason: 'too-large', records: [], errors: [error] }
    : outcome

/** An event as the rules see it: with one topic. */
interface Part {
  readonly event: HookEvent
  readonly topic: string
}

function partsOf(event: HookEvent): readonly Part[] {
  if (event.hook === 'client.subscribe' || event.hook === 'client.unsubscribe')
    return event.filters.map((filter) => ({ event: { ...event, filters: [filter] }, topic: filter.name }))
  return [{ event, topic: 'topic' in event ? event.topic : '' }]
}

/** What all rules made of one part, and who matched. */
interface Applied {
  readonly topic: string
  readonly records: readonly KafkaRecord[]
  readonly errors: ReadonlyMap<string, readonly RuleError[]>
  /** The names of the rules whose hook and topic match. */
  readonly matched: ReadonlySet<string>
}

function applied(rules: RuleSet, { event, topic }: Part, getRequest: HookCall['getRequest']): Applied {
  const errors = new Map<string, RuleError[]>()
  const records = rules.apply(event, getRequest, {
    ...ALONE,
    deadLetterTopic: DEAD_LETTER_TOPIC,
    onError: (name, error) => void errors.set(name, [...(errors.get(name) ?? []), error]),
  })
  const matched = new Set(rules.match(event.hook, topic).map(({ name }) => name))
  return { topic, records, errors, matched }
}

/** Whether a rule by itself, with these `exclude` in the place of its own, matches. */
type Ask = (rule: RuleConfig, exclude: readonly string[], hook: HookPoint, topic: string) => boolean

/** Asks the compiled rule, never a second matcher; each way of it is compiled once. */
function createAsk(): Ask {
  const compiled = new Map<string, RuleSet>()
  return (rule, exclude, hook, topic) => {
    const id = JSON.stringify([rule.name, exclude])
    const alone = compiled.get(id) ?? compileRules([{ ...rule, exclude, when: null }])
    compiled.set(id, alone)
    return alone.match(hook, topic).length > 0
  }
}

function topicOutcome(rule: RuleConfig, { hook }: HookEvent, part: Applied, ask: Ask): TopicOutcome {
  const { topic, matched } = part
  const records = part.records.filter((record) => record.rule === rule.name)
  const errors = part.errors.get(rule.name) ?? []
  const outcome = (reason: NoRecord | null, excludedBy: string | null = null): TopicOutcome => ({
    ...{ topic, reason, excludedBy, records, errors },
  })
  if (records.length > 0) return outcome(null)
  if (!rule.enabled) return outcome('disabled')
  if (!rule.hooks.includes(hook)) return outcome('hook')
  if (matched.has(rule.name)) return outcome(errors.length > 0 ? 'when-failed' : 'when')
  if (!ask(rule, [], hook, topic)) return outcome('filter')
  return outcome('exclude', rule.exclude.find((filter) => !ask(rule, [filter], hook, topic)) ?? null)
}

/** A client.subscribe without any filter matches none. */
function furthest(rule: RuleConfig, { hook }: HookEvent, topics: readonly TopicOutcome[]): NoRecord {
  const reasons = topics.flatMap(({ reason }) => reason ?? [])
  const none = !rule.enabled ? 'disabled' : rule.hooks.includes(hook) ? 'filter' : 'hook'
  return REASONS.findLast((reason) => reasons.includes(reason)) ?? none
}
