import { stringify } from 'yaml'
import { shownText } from '../text/shown.ts'
import type { Finding } from './finding.ts'
import type { ImportedRule } from './hook-line.ts'
import type { Import } from './import-bridge.ts'
import { writeConfig } from './write-config.ts'

const WIDTH = 110

/** A rule as an item of the list `rules`, each field a line of its own. */
export function writeRule({ hook, filter, topic, key }: ImportedRule): string {
  const fields = [
    `hook: ${scalar(hook)}`,
    ...(filter === null ? [] : [`filter: ${scalar(filter)}`]),
    `topic: ${scalar(topic)}`,
    ...(key === undefined ? [] : [`key: ${scalar(key)}`]),
  ]
  return fields.map((field, index) => `  ${index === 0 ? '-' : ' '} ${field}\n`).join('')
}

/**
 * The rule file, with comments that name the lines of the source: what belongs into config.yaml, what is different, and
 * above each rule where it comes from. It passes `check`, also when no rule could be made: then it holds one that is
 * switched off.
 */
export function writeRules(imported: Import, fileName: string): string {
  const { rules, findings, commentsAbove } = imported
  const ruleLines = new Set(rules.map(({ line }) => line))
  const parts = rules.map((rule) => {
    const about = findings.filter(({ line }) => line === rule.line)
    const head = comment('  ', `line ${rule.line}`)
    const carried = (commentsAbove.get(rule.line) ?? []).map((text) => `  ${shownText(text)}\n`).join('')
    return `${carried}${head}${about.map((one) => finding('  ', one)).join('')}${writeRule(rule)}`
  })
  return [
    header(imported, fileName),
    ...section(
      'Elsewhere in that file:',
      findings.filter(({ line }) => !ruleLines.has(line)),
    ),
    '\nrules:\n',
    parts.length > 0 ? parts.join('\n') : NO_RULES,
  ].join('')
}

const NO_RULES = `  # No line gave a rule. This one is switched off: it only shows what one looks like.
  - hook: message.publish
    topic: message_publish
    enabled: false
`

function header(imported: Import, fileName: string): string {
  const config = writeConfig(imported.options)
  const left = imported.lines.comments.length - carriedComments(imported)
  return [
    comment(
      '',
      `Made by \`exhook-kafka import-4x\` from ${fileName}, of EMQX 4.x Enterprise's Kafka bridge.`,
    ),
    comment(
      '',
      '"line" is a line of that file. Where a rule has no `key`, the client id is the key: each client keeps its order.',
    ),
    ...(left > 0
      ? [comment('', `Comments that do not stand right above a rule's line were left out: ${left}.`)]
      : []),
    ...(config === '' ? [] : ['#\n', comment('', 'For config.yaml:'), '#\n', commentedOut(config)]),
  ].join('')
}

function commentedOut(yaml: string): string {
  const lines = yaml.trimEnd().split('\n')
  return lines.map((line) => `#   ${shownText(line)}\n`).join('')
}

function carriedComments({ rules, commentsAbove }: Import): number {
  return rules.reduce((sum, { line }) => sum + (commentsAbove.get(line)?.length ?? 0), 0)
}

function section(title: string, findings: readonly Finding[]): readonly string[] {
  return findings.length === 0
    ? []
    : ['#\n', comment('', title), '#\n', ...findings.map((one) => finding('', one, true))]
}

const MARKS = { note: '', warning: 'WARNING: ', problem: 'PROBLEM: ' } as const

function finding(indent: string, { level, line, text }: Finding, withLine = false): string {
  const place = withLine && line > 0 ? `line ${line}: ` : ''
  return comment(indent, `${place}${MARKS[level]}${text}`, withLine ? '- ' : '')
}

/** Text as comment lines of at most 110 columns, broken between words; what follows a bullet is set in by its width. */
function comment(indent: string, text: string, bullet = ''): string {
  const lines: string[] = []
  const width = WIDTH - `${indent}# ${bullet}`.length
  for (const word of shownText(text).split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
    .map((line, index) => `${indent}# ${index === 0 ? bullet : ' '.repeat(bullet.length)}${line}\n`)
    .join('')
}

/** One line, in quotes where YAML would take it for something else. */
function scalar(value: string | null): string {
  return stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd()
}
