import { HOOKS } from '../hooks.ts'
import { FIELD_OF } from './event-fields.ts'
import type { RuleConfig } from './rule-config.ts'
import { SUBSCRIPTION_HOOKS } from './rule-input.ts'
import { createSubscriptionMatcher } from './subscription-matcher.ts'
import { createTopicMatcher } from './topic-matcher.ts'

/** The largest whole number that a field may have; of those not here, that of protobuf's uint32. */
const LARGEST: Readonly<Record<string, number>> = {
  qos: 2,
  rh: 2,
  rap: 1,
  nl: 1,
  peerport: 65_535,
  sockport: 65_535,
  timestamp: Number.MAX_SAFE_INTEGER,
  publish_received_at: Number.MAX_SAFE_INTEGER,
}

export const largestOf = (name: string): number => LARGEST[name] ?? 2 ** 32 - 1

/** Fields whose value is one of few. */
export const FIELD_CHOICES = { action: ['publish', 'subscribe'], payload_encoding: ['base64'] } as const

/** A value as conditions see it: whole numbers are BigInt. */
export type DomainValue = string | bigint | boolean

/** What a field can be in the events of a rule. */
export type Domain =
  | { readonly kind: 'values'; readonly values: readonly DomainValue[] }
  /** Every whole number from 0 on. */
  | { readonly kind: 'numbers'; readonly largest: bigint }
  /** Endlessly many texts, of which `mayBe` is true. */
  | { readonly kind: 'texts'; readonly mayBe: (text: string) => boolean }

/** What of a rule says which events it sees. */
export type EventsOfRule = Pick<RuleConfig, 'hooks' | 'filters' | 'exclude'>

/** What a field can be in the events that come to the condition of a rule; null: it is a payload or a map. */
export function domainOf(name: string, rule: EventsOfRule): Domain | null {
  const type = FIELD_OF.get(name)?.type
  switch (type) {
    case 'bool':
      return { kind: 'values', values: [false, true] }
    case 'int': {
      const largest = largestOf(name)
      if (largest > 2) return { kind: 'numbers', largest: BigInt(largest) }
      return { kind: 'values', values: Array.from({ length: largest + 1 }, (_, value) => BigInt(value)) }
    }
    case 'string':
      return textsOf(name, rule)
    default:
      return null
  }
}

function textsOf(name: string, rule: EventsOfRule): Domain {
  if (name === 'event') return { kind: 'values', values: rule.hooks }
  if (name === 'action') return { kind: 'values', values: FIELD_CHOICES.action }
  // Empty where the payload is text.
  if (name === 'payload_encoding') return { kind: 'values', values: ['', ...FIELD_CHOICES.payload_encoding] }
  return name === 'topic' ? topicsOf(rule) : { kind: 'texts', mayBe: () => true }
}

/** The topics that a rule takes; of subscriptions the filters, which are more than those of the rule. */
function topicsOf({ hooks, filters, exclude }: EventsOfRule): Domain {
  const wanted = [{ item: true, filters, exclude }]
  const takes = hooks
    .filter((hook) => HOOKS.get(hook)?.topic !== 'none')
    .map((hook) =>
      SUBSCRIPTION_HOOKS.has(hook)
        ? createSubscriptionMatcher(wanted, (name) => name)
        : createTopicMatcher(wanted),
    )
  const mayBe = (topic: string): boolean => takes.some((match) => match(topic).length > 0)
  const subscribes = hooks.some((hook) => SUBSCRIPTION_HOOKS.has(hook))
  if (subscribes || filters === null || filters.some((filter) => /[+#]/.test(filter)))
    return { kind: 'texts', mayBe }
  return { kind: 'values', values: filters.filter(mayBe) }
}
