import { ConfigError, formatMistake } from '../config/config-error.ts'
import { loadContract } from '../events/contract.ts'
import { HOOKS } from '../hooks.ts'
import { loadRuleFile } from '../rules/load-rules.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import type { RuleFile } from '../rules/rule-file.ts'
import { type RuleWarning, ruleWarnings } from '../rules/rule-warnings.ts'
import { escaped } from '../text/quoted.ts'
import { counted, table } from '../text/table.ts'
import { createMakeHookCall } from '../trial/hook-call.ts'
import { type FailedTest, runTests } from '../trial/run-tests.ts'
import { failedTestText } from './failed-test-text.ts'

/** Where text goes: a stream of the process, or a test's list. */
export interface TextOutput {
  write(text: string): void
}

export interface CheckOptions {
  /** A warning counts as a mistake. Default: false. */
  readonly strict?: boolean
  /** Run the tests of the files. Default: true. */
  readonly tests?: boolean
}

/**
 * `exhook-kafka check <rules.yaml>…`: prints every mistake of each file as `file:line:col: message`; of a file without
 * mistakes the warnings, the tests that fail and a table of the rules. Returns the exit code: 0 when every file is good, else 1.
 */
export function runCheck(paths: readonly string[], out: TextOutput, options: CheckOptions = {}): number {
  // Every file is looked at, also after a bad one.
  const good = paths.map((path) => checkFile(path, out, options))
  return good.every(Boolean) ? 0 : 1
}

function checkFile(path: string, out: TextOutput, { strict = false, tests = true }: CheckOptions): boolean {
  let file: RuleFile
  try {
    file = loadRuleFile(path)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const mistake of error.mistakes) out.write(`${formatMistake(mistake)}\n`)
    out.write(`${path}: ${counted(error.mistakes.length, 'mistake')}\n`)
    return false
  }
  const warnings = ruleWarnings(file.rules)
  for (const warning of warnings) out.write(warningText(path, file, warning))
  const failed = tests ? failedTests(file) : []
  for (const one of failed) out.write(failedTestText(path, one))
  const good = failed.length === 0 && !(strict && warnings.length > 0)
  out.write(table([HEAD, ...file.rules.map(cells)]))
  out.write(
    `${path}: ${[...verdict(file, warnings, failed, good), ...testNote(file, failed, tests)].join(', ')}\n`,
  )
  return good
}

function failedTests({ rules, tests }: RuleFile): readonly FailedTest[] {
  // The contract takes some time to load.
  return tests.length === 0 ? [] : runTests(rules, tests, createMakeHookCall(loadContract()))
}

function warningText(path: string, { rules, places }: RuleFile, { index, message }: RuleWarning): string {
  const place = { file: path, ...places[index] }
  return `${formatMistake({ ...place, message: `warning: rule ${rules[index]?.name}: ${escaped(message)}` })}\n`
}

function verdict(
  { rules }: RuleFile,
  warnings: readonly RuleWarning[],
  failed: readonly FailedTest[],
  good: boolean,
): readonly string[] {
  const disabled = rules.filter(({ enabled }) => !enabled).length
  return [
    ...(good ? ['OK'] : []),
    counted(rules.length, 'rule'),
    ...(disabled === 0 ? [] : [`${disabled} of them disabled`]),
    ...(warnings.length === 0 ? [] : [counted(warnings.length, 'warning')]),
    ...(failed.length === 0 ? [] : [`${counted(failed.length, 'test')} FAILED`]),
  ]
}

function testNote({ tests }: RuleFile, failed: readonly FailedTest[], run: boolean): readonly string[] {
  if (tests.length === 0) return []
  return [
    run
      ? `${counted(tests.length - failed.length, 'test')} passed`
      : `${counted(tests.length, 'test')} not run`,
  ]
}

const HEAD = ['RULE', 'HOOKS', 'FILTERS', 'KAFKA TOPIC'] as const

function cells(rule: RuleConfig): readonly string[] {
  const name = rule.enabled ? rule.name : `${rule.name} (disabled)`
  const topic = rule.allow === null ? rule.topic : `${rule.topic} (${rule.allow.join(', ')})`
  return [name, rule.hooks.join(', '), escaped(filtersOf(rule)), escaped(topic)]
}

function filtersOf({ hooks, filters, exclude }: RuleConfig): string {
  if (hooks.every((hook) => HOOKS.get(hook)?.topic === 'none')) return '-'
  const wanted = filters === null ? 'every topic' : filters.join(', ')
  return exclude.length === 0 ? wanted : `${wanted}, but not ${exclude.join(', ')}`
}
