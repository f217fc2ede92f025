import type { HookEvent } from '../events/hook-event.ts'
import type { HookPoint } from '../hooks.ts'
import type { Format } from './formats/format.ts'
import { recordBytes } from './kafka-record.ts'
import type { RuleConfig } from './rule-config.ts'
import type { Rule } from './rule-set.ts'
import { compileTemplate } from './template.ts'
import { parseSubscription } from './topic-filter.ts'

/** The hooks whose topic is a subscribed filter, which may be a shared one. */
const SUBSCRIPTION_HOOKS: ReadonlySet<HookPoint> = new Set<HookPoint>([
  'client.subscribe',
  'client.unsubscribe',
  'session.subscribed',
  'session.unsubscribed',
])

/** What rules match and templates read: the topic, and of a shared subscription the filter without its group. */
export function plainTopic(hook: HookPoint, topic: string): string {
  return SUBSCRIPTION_HOOKS.has(hook) && topic.startsWith('$') ? parseSubscription(topic).filter : topic
}

/**
 * Compiles one rule. Its records never throw and carry the headers `emqx-event` and, for messages, `emqx-message-id`;
 * their timestamp is EMQX's of the message, where there is one, else the time received.
 */
export function compileRule(config: RuleConfig, format: Format): Rule {
  const { name, hooks, topic: kafkaTopic, policy } = config
  const key = config.key === null ? null : compileTemplate(config.key)
  return {
    name,
    hooks,
    topic: kafkaTopic,
    policy,
    toRecord(event, topic) {
      const parts = {
        topic: kafkaTopic,
        key: key === null ? null : Buffer.from(key(event, plainTopic(event.hook, topic))),
        value: format(event, topic),
        headers: headersOf(event),
      }
      return {
        ...parts,
        timestampMs: timestampOf(event),
        receivedAtMs: event.receivedAtMs,
        rule: name,
        policy,
        bytes: recordBytes(parts),
        seq: 0,
      }
    },
  }
}

function headersOf(event: HookEvent): Readonly<Record<string, string>> {
  return 'message' in event
    ? { 'emqx-event': event.hook, 'emqx-message-id': event.message.id }
    : { 'emqx-event': event.hook }
}

function timestampOf(event: HookEvent): number {
  const ms = 'message' in event ? event.message.timestampMs : 0
  return ms > 0 ? ms : event.receivedAtMs
}
