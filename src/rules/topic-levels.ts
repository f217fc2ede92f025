import type { HookPoint } from '../hooks.ts'
import { quoted } from '../text/quoted.ts'
import type { RuleConfig } from './rule-config.ts'
import { SUBSCRIPTION_HOOKS } from './rule-input.ts'
import { parseTemplate } from './template-text.ts'
import { splitLevels } from './topic-filter.ts'

/** What of a rule says which topics it sees. */
export type TopicsOfRule = Pick<RuleConfig, 'hooks' | 'filters'>

/** The most levels that a topic has which a filter takes. A subscription of `a/b/#` is one of `a/b` too, and has one more. */
export function mostLevels(filter: string, hooks: readonly HookPoint[]): number {
  const levels = splitLevels(filter)
  if (levels.at(-1) === '#') return Number.POSITIVE_INFINITY
  return levels.length + (hooks.some((hook) => SUBSCRIPTION_HOOKS.has(hook)) ? 1 : 0)
}

/** A level of the topic that a template names, and that some filters of the rule never have. */
interface LackingLevel {
  /** As in `topic[5]`. */
  readonly variable: string
  /** The filters without it. */
  readonly filters: readonly string[]
  /** Every filter of the rule is one of them. */
  readonly always: boolean
  /** The most levels that a topic of the rule has. */
  readonly most: number
}

function lackingLevels(template: string, { hooks, filters }: TopicsOfRule): readonly LackingLevel[] {
  if (filters === null || filters.length === 0) return []
  const most = Math.max(...filters.map((filter) => mostLevels(filter, hooks)))
  return parseTemplate(template).parts.flatMap((part) => {
    const index = 'variable' in part ? /^topic\[(\d+)\]$/.exec(part.variable)?.[1] : undefined
    if (index === undefined || !('variable' in part)) return []
    const without = filters.filter((filter) => mostLevels(filter, hooks) <= Number(index))
    if (without.length === 0) return []
    return [{ variable: part.variable, filters: without, always: without.length === filters.length, most }]
  })
}

/** What of the template of a Kafka topic can never be filled, so that no record would have one, with the fix; empty: nothing. */
export const levelProblems = (template: string, rule: TopicsOfRule): readonly string[] =>
  lackingLevels(template, rule)
    .filter(({ always }) => always)
    .map(
      ({ variable, most }) =>
        `${neverThere(variable, most)}, so that every record would be a dead letter: write ${quoted(`\${topic[${most - 1}]}`)} at most`,
    )

/** What of the templates of a rule without mistakes can never be filled, or not with all of its filters. */
export function levelWarnings(rule: RuleConfig): readonly string[] {
  const own: readonly (readonly [string, string | null])[] = [
    ['`key`', rule.key],
    ['`partition`', rule.partition],
    ...Array.from(rule.headers, ([name, text]) => [`the header ${quoted(name)}`, text] as const),
  ]
  const empty = own.flatMap(([where, text]) =>
    lackingLevels(text ?? '', rule)
      .filter(({ always }) => always)
      .map(({ variable, most }) => `in ${where}, ${neverThere(variable, most)}: it is always empty`),
  )
  const lost = rule.allow === null ? [] : lackingLevels(rule.topic, rule)
  return [
    ...empty,
    ...lost.map(
      ({ variable, filters }) =>
        `in \`topic\`, topics of ${filters.map(quoted).join(', ')} have no \`\${${variable}}\`: their records go to the dead letters`,
    ),
  ]
}

const neverThere = (variable: string, most: number): string =>
  `\`\${${variable}}\` is never there, as the filters take topics of ${most} ${most === 1 ? 'level' : 'levels'} at most`
