import type { HookPoint } from '../hooks.ts'
import { overlap } from './allowed-topics.ts'
import type { RuleConfig } from './rule-config.ts'

/**
 * Tells of a rule whether records of several hooks may go to its Kafka topic, by its own hooks or by those of other rules:
 * then nothing but the value tells them apart for a consumer that reads no headers.
 */
export function sharesTopic(configs: readonly RuleConfig[]): (config: RuleConfig) => boolean {
  const byTopic = new Map<string, Set<HookPoint>>()
  for (const { topic, hooks } of configs) {
    byTopic.set(topic, new Set([...(byTopic.get(topic) ?? []), ...hooks]))
  }
  const templated = configs.filter(({ allow }) => allow !== null)
  return (config) => {
    const hooks = new Set(byTopic.get(config.topic))
    // A template may make the topics of other rules, of other templates too.
    for (const other of config.allow === null ? templated : configs) {
      if (mayMeet(config, other)) for (const hook of other.hooks) hooks.add(hook)
    }
    return hooks.size > 1
  }
}

const mayMeet = (a: RuleConfig, b: RuleConfig): boolean =>
  namesOf(a).some((one) => namesOf(b).some((other) => overlap(one, other)))

const namesOf = ({ topic, allow }: RuleConfig): readonly string[] => allow ?? [topic]
