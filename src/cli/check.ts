import { ConfigError, formatMistake } from '../config/config-error.ts'
import { HOOKS } from '../hooks.ts'
import { loadRuleConfigs } from '../rules/load-rules.ts'
import { policyWarnings } from '../rules/policy.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import { escaped } from '../text/quoted.ts'
import { counted, table } from '../text/table.ts'

/** Where text goes: a stream of the process, or a test's list. */
export interface TextOutput {
  write(text: string): void
}

/**
 * `exhook-kafka check <rules.yaml>…`: prints every mistake of each file as `file:line:col: message`, or a table of the
 * rules of a good one. Returns the exit code: 0 when every file is good, else 1.
 */
export function runCheck(paths: readonly string[], out: TextOutput): number {
  if (paths.length === 0) {
    out.write('check: name at least one rule file, as in `exhook-kafka check rules.yaml`\n')
    return 1
  }
  // Every file is looked at, also after a bad one.
  const good = paths.map((path) => checkFile(path, out))
  return good.every(Boolean) ? 0 : 1
}

function checkFile(path: string, out: TextOutput): boolean {
  try {
    const rules = loadRuleConfigs(path)
    for (const { name, policy, hooks } of rules) {
      const needs = policy.reply === 'stored' ? [STORED_NEEDS] : []
      for (const warning of [...needs, ...policyWarnings(policy, hooks)])
        out.write(`warning: rule ${name}: ${warning}\n`)
    }
    out.write(
      `${table([HEAD, ...rules.map(cells)])}${path}: OK, ${counted(rules.length, 'rule')}${disabledNote(rules)}\n`,
    )
    return true
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const mistake of error.mistakes) out.write(`${formatMistake(mistake)}\n`)
    out.write(`${path}: ${counted(error.mistakes.length, 'mistake')}\n`)
    return false
  }
}

const STORED_NEEDS = '`reply: stored` needs a disk: `serve` takes it only with `queue.disk.path`'

const HEAD = ['RULE', 'HOOKS', 'FILTERS', 'KAFKA TOPIC'] as const

function cells(rule: RuleConfig): readonly string[] {
  const name = rule.enabled ? rule.name : `${rule.name} (disabled)`
  const topic = rule.allow === null ? rule.topic : `${rule.topic} (${rule.allow.join(', ')})`
  return [name, rule.hooks.join(', '), escaped(filtersOf(rule)), topic]
}

function filtersOf({ hooks, filters, exclude }: RuleConfig): string {
  if (hooks.every((hook) => HOOKS.get(hook)?.topic === 'none')) return '-'
  const wanted = filters === null ? 'every topic' : filters.join(', ')
  return exclude.length === 0 ? wanted : `${wanted}, but not ${exclude.join(', ')}`
}

function disabledNote(rules: readonly RuleConfig[]): string {
  const disabled = rules.filter(({ enabled }) => !enabled).length
  return disabled === 0 ? '' : `, ${disabled} of them disabled`
}
