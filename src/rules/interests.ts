import type { HookPoint } from '../hooks.ts'
import { dropCovered } from './filter-cover.ts'
import type { RuleConfig } from './rule-config.ts'

/** The hooks whose topic filters EMQX honours; to the others it sends everything. */
const FILTERED_BY_EMQX: ReadonlySet<HookPoint> = new Set<HookPoint>([
  'message.publish',
  'message.delivered',
  'message.acked',
  'message.dropped',
])

/**
 * The least set of hooks that the rules need, each with the filters EMQX is to apply: all of its rules' filters, less
 * those that another covers. Empty as soon as one rule takes every topic, and for hooks whose filters EMQX ignores.
 * `#` stays a filter: unlike none, it does not match topics that begin with `$` [MQTT-4.7.2-1].
 */
export function interestsOf(rules: readonly RuleConfig[]): ReadonlyMap<HookPoint, readonly string[]> {
  const byHook = Map.groupBy(
    rules.flatMap((rule) => rule.hooks.map((hook) => ({ hook, filters: rule.filters }))),
    ({ hook }) => hook,
  )
  return new Map([...byHook].map(([hook, wishes]) => [hook, pushedDown(hook, wishes)]))
}

function pushedDown(hook: HookPoint, wishes: readonly Pick<RuleConfig, 'filters'>[]): readonly string[] {
  if (!FILTERED_BY_EMQX.has(hook)) return []
  const filters: string[] = []
  for (const wish of wishes) {
    if (wish.filters === null) return []
    filters.push(...wish.filters)
  }
  return dropCovered(filters)
}
