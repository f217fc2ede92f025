import { ConfigError } from '../config/config-error.ts'
import { HOOKS } from '../hooks.ts'
import { readRules } from '../rules/rule-file.ts'
import { filterProblem } from '../rules/topic-filter.ts'
import { counted } from '../text/table.ts'
import { type ImportedOption, readBridgeSetting } from './bridge-setting.ts'
import { type ConfLine, type ConfSetting, readConfLines } from './conf-lines.ts'
import { type Finding, note, problem, warning } from './finding.ts'
import { fitOptions } from './fit-options.ts'
import { type ImportedRule, isHookKey, readHookLine } from './hook-line.ts'
import { writeRule } from './write-rules.ts'

/** What became of a file: every line of it is in exactly one of the lists of lines. */
export interface Import {
  /** Each passes as a rule of a rule file, all together too. */
  readonly rules: readonly ImportedRule[]
  /** One for each path. */
  readonly options: readonly ImportedOption[]
  /** In the order of the lines. */
  readonly findings: readonly Finding[]
  /** Those of them about the connection to Kafka, and not about rules. */
  readonly ofSettings: readonly Finding[]
  readonly lines: {
    readonly rules: readonly number[]
    /** Settings that became an option, or for which nothing is to be set, as a note or a warning says. */
    readonly settings: readonly number[]
    readonly comments: readonly number[]
    readonly blank: readonly number[]
    /** Nothing was made of them; each has a problem, or a warning which line counts in its place. */
    readonly lost: readonly number[]
  }
  /** Those comments that stand right above a rule's line, by that line. */
  readonly commentsAbove: ReadonlyMap<number, readonly string[]>
}

/** Reads EMQX 4.x Enterprise's `emqx_bridge_kafka.conf`. Never throws. `ofFile`: what there is to say about the file beside its lines. */
export function importBridge(text: string, ofFile: readonly Finding[] = []): Import {
  const lines = readConfLines(text)
  const settings = lines.filter((line): line is ConfSetting => line.kind === 'setting')
  const overruled = overruledLines(settings)
  const counting = settings.filter(({ line }) => !overruled.has(line))

  const hooks = counting.filter(({ key }) => isHookKey(key)).map((line) => ({ line, ...readHookLine(line) }))
  const others = counting.filter(({ key }) => !isHookKey(key)).map(readBridgeSetting)
  const checked = hooks.map(({ findings, ofRule, ...one }) => {
    const { rule, problems } = checkedRule(one.rule)
    return { rule, findings: [...findings, ...(rule === null ? problems : ofRule)] }
  })
  const rules = checked.flatMap(({ rule }) => (rule === null ? [] : [rule]))
  const merged = mergeOptions(others.flatMap(({ options }) => options))
  const hasPassword = counting.some(({ key, value }) => key === 'bridge.kafka.sasl.password' && value !== '')
  const fitted = fitOptions(merged.options, { hasPassword })
  const unused = new Set([...merged.overruled, ...fitted.dropped])
  const ofSettings = [
    // What is to be done about a line that does not count is of no use.
    ...others.flatMap((one) => one.findings.filter(({ line }) => !unused.has(line))),
    ...merged.findings,
    ...fitted.findings,
  ]

  const findings = [
    ...ofFile,
    ...lines.flatMap(strayLine),
    ...counting.flatMap(garbledSetting),
    ...[...overruled].map(([line, by]) =>
      warning(line, `line ${by} has the same key and is the one that counts: nothing was made of this one`),
    ),
    ...checked.flatMap((one) => one.findings),
    ...rules.flatMap((rule) => recordDifferences(rule, rules)),
    ...ofSettings,
    ...settings.flatMap(({ line, remark }) =>
      remark === null ? [] : [note(line, `the comment there: ${remark.replace(/^#+\s*/, '')}`)],
    ),
    ...(rules.length > 0 ? [] : [problem(0, 'there is no line of a hook that a rule could be made of')]),
  ]
  const ruleLines = new Set(rules.map(({ line }) => line))
  const setting = new Set(others.flatMap(({ options }) => options).map(({ line }) => line))
  const failed = new Set(ofSettings.flatMap(({ level, line }) => (level === 'problem' ? [line] : [])))
  const isLost = ({ kind, line, ...rest }: ConfLine) =>
    kind === 'other' ||
    overruled.has(line) ||
    unused.has(line) ||
    ('key' in rest && isHookKey(rest.key) ? !ruleLines.has(line) : failed.has(line) && !setting.has(line))
  const numbers = (wanted: (line: ConfLine) => boolean) => lines.filter(wanted).map(({ line }) => line)
  return {
    rules,
    options: fitted.options,
    findings: inOrder(findings),
    ofSettings: inOrder(ofSettings),
    lines: {
      rules: [...ruleLines],
      settings: numbers((line) => line.kind === 'setting' && !ruleLines.has(line.line) && !isLost(line)),
      comments: numbers(({ kind }) => kind === 'comment'),
      blank: numbers(({ kind }) => kind === 'blank'),
      lost: numbers(isLost),
    },
    commentsAbove: commentsAbove(lines),
  }
}

const inOrder = (findings: readonly Finding[]) => findings.toSorted((a, b) => a.line - b.line)

/** Judged by the very reader of rule files, so that what is written passes `check`. */
function checkedRule(rule: ImportedRule | null): {
  readonly rule: ImportedRule | null
  readonly problems: readonly Finding[]
} {
  if (rule === null) return { rule, problems: [] }
  if (isOfBroker(rule)) return { rule: null, problems: [warning(rule.line, OF_BROKER)] }
  try {
    readRules(`rules:\n${writeRule(rule)}`, '')
    return { rule, problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const why = error.mistakes.map(({ message }) => message).join('; ')
    return { rule: null, problems: [problem(rule.line, `no rule: ${why}`)] }
  }
}

/** Nothing can be done about such a line, so it is no problem; a filter that is wrong in itself is told as one. */
const isOfBroker = ({ hook, filter }: ImportedRule): boolean =>
  filter?.startsWith('$SYS/') === true &&
  filterProblem(filter) === null &&
  HOOKS.get(hook)?.topic === 'message'
const OF_BROKER = 'no rule: EMQX sends its own `$SYS/` messages to no hook, so it would match nothing'

/** Where the records themselves are not what 4.x wrote. */
function recordDifferences(rule: ImportedRule, rules: readonly ImportedRule[]): readonly Finding[] {
  const { line, hook, topic } = rule
  const findings: Finding[] = []
  if (rules.some((other) => other.topic === topic && other.hook !== hook))
    findings.push(
      note(line, `several hooks write to ${topic}, so each of its records begins with the field \`event\``),
    )
  if (hook === 'session.unsubscribed')
    findings.push(
      note(line, 'EMQX does not tell the qos of what was unsubscribed: the field `qos` is missing'),
    )
  if (!hook.startsWith('message.')) findings.push(note(line, 'the record has the fields of 4.x and more'))
  return findings
}

/** Lines whose key a later line has too, with that line. Of several the last counts, as in EMQX. */
function overruledLines(settings: readonly ConfSetting[]): ReadonlyMap<number, number> {
  const last = new Map(settings.map(({ key, line }) => [key, line]))
  return new Map(
    settings.flatMap(({ key, line }) => {
      const by = last.get(key) ?? line
      return by === line ? [] : [[line, by] as const]
    }),
  )
}

/** Several lines may set one option: brokers of several pools are put together, of others the last counts. */
function mergeOptions(options: readonly ImportedOption[]): {
  readonly options: readonly ImportedOption[]
  readonly findings: readonly Finding[]
  /** Lines of whose options another line's count. */
  readonly overruled: ReadonlySet<number>
} {
  const byPath = new Map<string, ImportedOption>()
  const findings: Finding[] = []
  const overruled = new Set<number>()
  for (const option of options) {
    const before = byPath.get(option.path)
    if (before === undefined) byPath.set(option.path, option)
    else if (Array.isArray(before.value) && Array.isArray(option.value)) {
      byPath.set(option.path, { ...before, value: [...new Set([...before.value, ...option.value])] })
      findings.push(
        warning(option.line, `its servers are added to those of line ${before.line}: one cluster`),
      )
    } else {
      byPath.set(option.path, option)
      overruled.add(before.line)
      findings.push(
        warning(
          before.line,
          `line ${option.line} sets ${option.path} too, and counts: nothing was made of this one`,
        ),
      )
    }
  }
  return { options: [...byPath.values()], findings, overruled }
}

function strayLine(line: ConfLine): readonly Finding[] {
  if (line.kind !== 'other') return []
  return [problem(line.line, 'neither `key = value` nor a comment: nothing was made of it')]
}

/** Some program that took the file for UTF-8 has lost a letter; in comments that does no harm. */
function garbledSetting({ line, value }: ConfSetting): readonly Finding[] {
  return value.includes('\uFFFD')
    ? [problem(line, 'a letter of it was lost before (U+FFFD stands there): write it anew')]
    : []
}

function commentsAbove(lines: readonly ConfLine[]): ReadonlyMap<number, readonly string[]> {
  const above = new Map<number, readonly string[]>()
  let block: string[] = []
  for (const line of lines) {
    if (line.kind === 'comment') block.push(line.text)
    else {
      if (line.kind === 'setting' && isHookKey(line.key) && block.length > 0) above.set(line.line, block)
      block = []
    }
  }
  return above
}

/** `7 rules, 6 settings, 30 comments, 12 empty lines`: each line of the file once. */
export function linesSummary({ lines }: Import): string {
  const parts = [
    counted(lines.rules.length, 'rule'),
    counted(lines.settings.length, 'setting'),
    counted(lines.comments.length, 'comment'),
    counted(lines.blank.length, 'empty line'),
    ...(lines.lost.length > 0 ? [`${counted(lines.lost.length, 'line')} of which nothing was made`] : []),
  ]
  return parts.join(', ')
}
