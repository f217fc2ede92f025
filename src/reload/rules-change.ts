import type { RuleConfig } from '../rules/rule-config.ts'

/** What a new version of the rules changes, by the names of the rules. */
export interface RulesChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
  /** The same rules in another order, in which their records are made. */
  readonly reordered: boolean
}

/** Compares two versions of the rules, disabled ones included; null: they are the same. Pure. */
export function rulesChange(before: readonly RuleConfig[], after: readonly RuleConfig[]): RulesChange | null {
  const old = byName(before)
  const now = byName(after)
  const added = [...now.keys()].filter((name) => !old.has(name))
  const removed = [...old.keys()].filter((name) => !now.has(name))
  const changed = [...now]
    .filter(([name, text]) => old.has(name) && old.get(name) !== text)
    .map(([name]) => name)
  const kept = (names: Iterable<string>, others: ReadonlyMap<string, string>) =>
    [...names].filter((name) => others.has(name)).join('\n')
  const reordered = kept(old.keys(), now) !== kept(now.keys(), old)
  const same = added.length === 0 && removed.length === 0 && changed.length === 0 && !reordered
  return same ? null : { added, removed, changed, reordered }
}

const byName = (configs: readonly RuleConfig[]): ReadonlyMap<string, string> =>
  new Map(configs.map((config) => [config.name, ruleText(config)]))

const TEXTS = new WeakMap<RuleConfig, string>()

/** A rule in a form to compare, made once for each. */
export function ruleText(config: RuleConfig): string {
  const text = TEXTS.get(config) ?? JSON.stringify({ ...config, headers: [...config.headers] })
  TEXTS.set(config, text)
  return text
}
