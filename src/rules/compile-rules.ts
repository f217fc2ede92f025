import type { ClientSubscriptionEvent, HookEvent } from '../events/hook-event.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import { compileRule, plainTopic } from './compile-rule.ts'
import { createBridgeFormat } from './formats/bridge.ts'
import { interestsOf } from './interests.ts'
import type { KafkaRecord } from './kafka-record.ts'
import type { RuleConfig } from './rule-config.ts'
import type { Rule, RuleSet } from './rule-set.ts'
import { createTopicMatcher } from './topic-matcher.ts'

const NO_RULES: readonly Rule[] = []
const NO_RECORDS: readonly KafkaRecord[] = []

/**
 * Compiles the enabled rules of a file, which has been checked (see readRules).
 *
 * A subscription (client.subscribe, client.unsubscribe, session.subscribed, session.unsubscribed) matches as if its
 * filter, without `$share/<group>/` or `$queue/`, were a topic, level by level: the rule `devices/#` takes a
 * subscription of `devices/+/state`; the rule `devices/+/state` does not take one of `devices/#`.
 */
export function compileRules(configs: readonly RuleConfig[]): RuleSet {
  const enabled = configs.filter((config) => config.enabled)
  const hooksOfTopic = hooksByKafkaTopic(enabled)
  const rules = enabled.map((config) => {
    const withEvent = (hooksOfTopic.get(config.topic)?.size ?? 0) > 1
    return { config, rule: compileRule(config, createBridgeFormat({ withEvent })) }
  })
  const matchers = new Map(
    [...HOOKS.keys()].flatMap((hook) => {
      const wanted = rules
        .filter(({ config }) => config.hooks.includes(hook))
        .map(({ config, rule }) => ({ item: rule, filters: config.filters, exclude: config.exclude }))
      return wanted.length === 0 ? [] : [[hook, createTopicMatcher(wanted, (name) => plainTopic(hook, name))]]
    }),
  )
  const match = (hook: HookPoint, topic: string) => matchers.get(hook)?.(topic) ?? NO_RULES

  return {
    rules: rules.map(({ rule }) => rule),
    match,
    apply: (event) =>
      event.hook === 'client.subscribe' || event.hook === 'client.unsubscribe'
        ? recordsOfEachFilter(match, event)
        : recordsOf(match, event, 'topic' in event ? event.topic : ''),
    interests: interestsOf(enabled),
  }
}

function recordsOf(match: RuleSet['match'], event: HookEvent, topic: string): readonly KafkaRecord[] {
  const matched = match(event.hook, topic)
  return matched.length === 0 ? NO_RECORDS : matched.map((rule) => rule.toRecord(event, topic))
}

/** The rules see such an event with one of its filters at a time. */
function recordsOfEachFilter(
  match: RuleSet['match'],
  event: ClientSubscriptionEvent,
): readonly KafkaRecord[] {
  return event.filters.flatMap((filter) => recordsOf(match, { ...event, filters: [filter] }, filter.name))
}

function hooksByKafkaTopic(configs: readonly RuleConfig[]): ReadonlyMap<string, ReadonlySet<HookPoint>> {
  const byTopic = new Map<string, Set<HookPoint>>()
  for (const { topic, hooks } of configs) {
    byTopic.set(topic, new Set([...(byTopic.get(topic) ?? []), ...hooks]))
  }
  return byTopic
}
