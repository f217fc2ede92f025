import { coversAll, isEverything } from './filter-cover.ts'
import type { RuleConfig } from './rule-config.ts'
import { createTopicTrie, type TopicTrie } from './topic-trie.ts'

/** Rules of one hook, Kafka topic and condition, by their places in the list. */
interface Group {
  /** Those without filters. */
  readonly open: number[]
  readonly filtered: TopicTrie<number>
  /** Of several with the same filters, the first speaks for all. */
  readonly seen: Set<string>
}

/**
 * Tells of a rule, by its place, which other one takes all that it takes and writes it to the same Kafka topic; -1: none. Of two that take
 * the same, the later one is told. Rules are compared only with those that may take theirs: all of a large file cost little more
 * than to read it.
 */
export function createTwiceWritten(rules: readonly RuleConfig[]): (index: number) => number {
  const groups = new Map<string, Group>()
  for (const [index, rule] of rules.entries()) {
    if (!rule.enabled) continue
    for (const hook of rule.hooks) addTo(groupOf(groups, keyOf(hook, rule.topic, rule.when)), index, rule)
  }

  return (index) => {
    const rule = rules[index] as RuleConfig
    const wider = rule.hooks.flatMap((hook) =>
      [null, rule.when].flatMap((when) => candidates(groups.get(keyOf(hook, rule.topic, when)), rule)),
    )
    const inOrder = [...new Set(wider)].toSorted((a, b) => a - b)
    const found = inOrder.find((at) => {
      const other = rules[at] as RuleConfig
      return at !== index && takesAllOf(other, rule) && !(at > index && takesAllOf(rule, other))
    })
    return found ?? -1
  }
}

const keyOf = (...parts: readonly (string | null)[]): string => JSON.stringify(parts)

function groupOf(groups: Map<string, Group>, key: string): Group {
  const there = groups.get(key)
  if (there !== undefined) return there
  const group: Group = { open: [], filtered: createTopicTrie(), seen: new Set() }
  groups.set(key, group)
  return group
}

function addTo({ open, filtered, seen }: Group, index: number, { filters, exclude }: RuleConfig): void {
  const same = JSON.stringify([filters, exclude])
  if (seen.has(same)) return
  seen.add(same)
  if (filters === null) open.push(index)
  else for (const filter of filters) filtered.add(isEverything(filter) ? '#' : filter, index)
}

/** A filter read as a topic is matched by all that cover it, and by a few that do not. */
function candidates(group: Group | undefined, { filters }: RuleConfig): readonly number[] {
  if (group === undefined) return []
  const [first] = filters ?? []
  return first === undefined ? group.open : [...group.open, ...group.filtered.match(first)]
}

function takesAllOf(wide: RuleConfig, narrow: RuleConfig): boolean {
  return (
    wide.topic === narrow.topic &&
    wide.hooks.some((hook) => narrow.hooks.includes(hook)) &&
    (wide.when === null || wide.when === narrow.when) &&
    wide.exclude.every((filter) => coversAll(narrow.exclude, [filter])) &&
    (wide.filters === null || (narrow.filters !== null && coversAll(wide.filters, narrow.filters)))
  )
}
