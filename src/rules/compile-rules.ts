import type { ClientSubscriptionEvent } from '../events/hook-event.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import { compileRule } from './compile-rule.ts'
import { createFormat } from './formats/create-format.ts'
import { interestsOf } from './interests.ts'
import type { KafkaRecord } from './kafka-record.ts'
import type { RuleConfig } from './rule-config.ts'
import { type GetRequest, NO_REQUEST, plainTopic, RuleInput, SUBSCRIPTION_HOOKS } from './rule-input.ts'
import type { Rule, RuleSet } from './rule-set.ts'
import { sharesTopic } from './shared-topics.ts'
import { atOnce, type Steps } from './steps.ts'
import { createSubscriptionMatcher } from './subscription-matcher.ts'
import { ALONE, type RuleError, type Surroundings } from './surroundings.ts'
import { createTopicMatcher } from './topic-matcher.ts'

const NO_RULES: readonly Rule[] = []
const NO_RECORDS: readonly KafkaRecord[] = []

/**
 * Compiles the enabled rules of a file, which has been checked (see readRules).
 *
 * A subscription (client.subscribe, client.unsubscribe, session.subscribed, session.unsubscribed) matches a rule when
 * its filter, without `$share/<group>/` or `$queue/`, and one of the rule's have a topic in common: the rule
 * `devices/1/state` takes a subscription of `devices/+/state` and one of `#`. See createSubscriptionMatcher.
 */
export const compileRules = (configs: readonly RuleConfig[]): RuleSet => atOnce(compileSteps(configs))

/** The same in steps: one for each rule, and some more. */
export function* compileSteps(configs: readonly RuleConfig[]): Steps<RuleSet> {
  const enabled = configs.filter((config) => config.enabled)
  const withEvent = sharesTopic(enabled)
  const rules: { readonly config: RuleConfig; readonly rule: Rule }[] = []
  for (const config of enabled) {
    yield
    const format = createFormat(config.format, { withEvent: withEvent(config) })
    rules.push({ config, rule: compileRule(config, format) })
  }
  const matchers = new Map<HookPoint, (topic: string) => readonly Rule[]>()
  for (const hook of HOOKS.keys()) {
    const wanted = rules
      .filter(({ config }) => config.hooks.includes(hook))
      .map(({ config, rule }) => ({ item: rule, filters: config.filters, exclude: config.exclude }))
    if (wanted.length === 0) continue
    yield
    const matcher = SUBSCRIPTION_HOOKS.has(hook)
      ? createSubscriptionMatcher(wanted, (name) => plainTopic(hook, name))
      : createTopicMatcher(wanted)
    matchers.set(hook, matcher)
  }
  yield
  const interests = interestsOf(enabled)
  const match = (hook: HookPoint, topic: string) => matchers.get(hook)?.(topic) ?? NO_RULES

  return {
    rules: rules.map(({ rule }) => rule),
    match,
    apply(event, getRequest = NO_REQUEST, around = ALONE) {
      if (event.hook === 'client.subscribe' || event.hook === 'client.unsubscribe')
        return recordsOfEachFilter(match, event, getRequest, around)
      const topic = 'topic' in event ? event.topic : ''
      return recordsOf(match(event.hook, topic), new RuleInput(event, topic, getRequest), around)
    },
    interests,
  }
}

function recordsOf(matched: readonly Rule[], input: RuleInput, around: Surroundings): readonly KafkaRecord[] {
  const [first] = matched
  if (first === undefined) return NO_RECORDS
  if (matched.length === 1) {
    const record = first.toRecord(input, around)
    return record === null ? NO_RECORDS : [record]
  }
  const records: KafkaRecord[] = []
  return addRecords(records, matched, input, around, around.maxEventBytes) === null ? NO_RECORDS : records
}

/**
 * A SUBSCRIBE of 1 MB has room for 10,000 filters and as many properties, and each filter may become a record that holds
 * all the properties: without a bound, one packet of a device is gigabytes here.
 */
const MAX_SUBSCRIPTION_BYTES = 16 * 1024 * 1024

/** The rules see such an event with one of its filters at a time. */
function recordsOfEachFilter(
  match: RuleSet['match'],
  event: ClientSubscriptionEvent,
  getRequest: GetRequest,
  around: Surroundings,
): readonly KafkaRecord[] {
  const records: KafkaRecord[] = []
  let left: number | null = Math.min(MAX_SUBSCRIPTION_BYTES, around.maxEventBytes)
  let whole: RuleInput | undefined
  for (const filter of event.filters) {
    const matched = match(event.hook, filter.name)
    if (matched.length === 0) continue
    const input: RuleInput = new RuleInput({ ...event, filters: [filter] }, filter.name, getRequest, whole)
    whole ??= input
    left = addRecords(records, matched, input, around, left)
    if (left === null) return NO_RECORDS
  }
  return records
}

/** Adds what the rules make; returns how many bytes are left, null when it was too much: then all were given up. */
function addRecords(
  records: KafkaRecord[],
  matched: readonly Rule[],
  input: RuleInput,
  around: Surroundings,
  maxBytes: number,
): number | null {
  let left = maxBytes
  for (const rule of matched) {
    const record = rule.toRecord(input, around)
    if (record === null) continue
    records.push(record)
    left -= record.bytes
    // A single record is the queue's to judge.
    if (left >= 0 || records.length === 1) continue
    around.onError(rule.name, TOO_LARGE)
    for (const given of records) around.onDropped(given.rule, 'larger_than_queue')
    return null
  }
  return left
}

const TOO_LARGE: RuleError = {
  code: 'EVENT_TOO_LARGE',
  message: 'all records of the event together are larger than an event may make',
}
