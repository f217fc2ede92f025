import type { KafkaRecord } from '../rules/kafka-record.ts'

/** What one rule did since the process began, or since it was new. */
export interface RuleCount {
  /** Records that it made, dead letters of its own among them; whatever became of them. */
  readonly records: number
  /** Events with which it could not do its work. */
  readonly errors: number
}

/** Counts by the name of the rule. A rule keeps its counts when it is changed, not when it is gone for a while. */
export interface RuleCounts {
  made(records: readonly KafkaRecord[]): void
  failed(rule: string): void
  of(rule: string): RuleCount
  /** These are the rules now: all others are forgotten. */
  keep(rules: readonly { readonly name: string }[]): void
}

const NONE: RuleCount = { records: 0, errors: 0 }

export function createRuleCounts(): RuleCounts {
  const counts = new Map<string, { records: number; errors: number }>()

  function entryOf(rule: string): { records: number; errors: number } {
    let entry = counts.get(rule)
    if (entry === undefined) {
      entry = { ...NONE }
      counts.set(rule, entry)
    }
    return entry
  }

  return {
    made(records) {
      for (const { rule } of records) entryOf(rule).records++
    },
    failed(rule) {
      entryOf(rule).errors++
    },
    of: (rule) => counts.get(rule) ?? NONE,
    keep(rules) {
      const names = new Set(rules.map(({ name }) => name))
      for (const rule of counts.keys()) if (!names.has(rule)) counts.delete(rule)
    },
  }
}
