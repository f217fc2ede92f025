import { HOOKS, type HookPoint } from '../hooks.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { shownText } from '../text/shown.ts'
import type { ConfSetting } from './conf-lines.ts'
import { duplicateFields } from './duplicate-fields.ts'
import { type Finding, note, problem, warning } from './finding.ts'
import { partitioning, type RuleKey } from './partitioning.ts'

/** A rule that a line asks for. It is not checked yet as a rule file is. */
export interface ImportedRule {
  readonly line: number
  readonly hook: HookPoint
  /** null: every topic. */
  readonly filter: string | null
  readonly topic: string
  readonly key: RuleKey
}

export interface HookLine {
  /** null: none could be made. */
  readonly rule: ImportedRule | null
  /** About the line itself. */
  readonly findings: readonly Finding[]
  /** About the rule, where one comes of it: they would speak of nothing else. */
  readonly ofRule: readonly Finding[]
}

/** Names that EMQX has given up since. */
const RENAMED: ReadonlyMap<string, HookPoint> = new Map<string, HookPoint>([
  ['message.deliver', 'message.delivered'],
  ['session.takeovered', 'session.takenover'],
  ['client.check_acl', 'client.authorize'],
])

const FIELDS = ['filter', 'topic', 'key', 'strategy', 'format', 'action', 'pool']

const HOOK_KEY = /^bridge\.kafka\.hook\.(.+)\.([^.]+)$/

/** Whether a setting is about a hook, and not about the connection to Kafka. */
export const isHookKey = (key: string): boolean => key.startsWith('bridge.kafka.hook.')

/** Reads `bridge.kafka.hook.<hook>.<n> = {"filter": …, "topic": …}`. Never throws. */
export function readHookLine({ line, key, value }: ConfSetting): HookLine {
  const findings: Finding[] = []
  const none = (text: string): HookLine => ({
    ...{ rule: null, findings: [...findings, problem(line, text)], ofRule: [] },
  })

  const name = HOOK_KEY.exec(key)?.[1] ?? ''
  const hook = RENAMED.get(name) ?? name
  if (!isHookPoint(hook))
    return none(`there is no hook ${quoted(name)}${suggestion(name, HOOKS.keys())}: no rule`)
  const fields = objectOf(value)
  if (fields === null)
    return none('the value is no JSON object like `{"filter": "#", "topic": "t"}`: no rule')
  for (const field of duplicateFields(value)) {
    const counts = fields[field]
    const which = typeof counts === 'string' ? `, ${quoted(counts)},` : ''
    findings.push(
      warning(
        line,
        `\`${shownText(field)}\` is there more than once: the last one${which} counts here, the others are left out`,
      ),
    )
  }
  for (const [field, content] of Object.entries(fields)) {
    if (!FIELDS.includes(field))
      findings.push(problem(line, `unknown field ${quoted(field)}${suggestion(field, FIELDS)}`))
    else if (typeof content !== 'string') return none(`\`${field}\` is no text: no rule`)
  }
  const text = (field: string) => (Object.hasOwn(fields, field) ? String(fields[field]) : undefined)

  const topic = text('topic')
  if (topic === undefined) return none('there is no `topic`, the Kafka topic: no rule')
  const { key: ruleKey, findings: ofKey } = partitioning(line, text('strategy'), text('key'))
  const { filter, findings: ofFilter } = filterOf(line, hook, text('filter'))
  const renamed = hook === name ? [] : [note(line, `${name} is called ${hook} now`)]
  const ofRule = [...renamed, ...oldFields(line, hook, text), ...ofKey, ...ofFilter]
  return { rule: { line, hook, filter, topic, key: ruleKey }, findings, ofRule }
}

function isHookPoint(name: string): name is HookPoint {
  return (HOOKS as ReadonlyMap<string, unknown>).has(name)
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null
  } catch {
    return null
  }
}

/** `format`, and what the bridge of 2.x and 3.0 had: `action` (the hook once more) and `pool` (a cluster). */
function oldFields(
  line: number,
  hook: HookPoint,
  text: (field: string) => string | undefined,
): readonly Finding[] {
  const findings: Finding[] = []
  const format = text('format')
  if (format !== undefined && format !== 'json') {
    findings.push(
      problem(line, `the format ${quoted(format)} is not json, the only one of 4.x: it becomes JSON`),
    )
  }
  const action = text('action')
  const usual = `on_${hook.replace('.', '_')}`
  if (action !== undefined && action !== usual && action !== 'on_message_deliver') {
    findings.push(
      problem(line, `the action ${quoted(action)} is not ${usual}: the rule does what ${hook} does`),
    )
  }
  const pool = text('pool')
  if (pool !== undefined)
    findings.push(
      warning(line, `the pool ${shownText(pool)} is not carried over: all rules go to one Kafka cluster`),
    )
  return findings
}

function filterOf(
  line: number,
  hook: HookPoint,
  filter: string | undefined,
): { readonly filter: string | null; readonly findings: readonly Finding[] } {
  if (filter === undefined) return { filter: null, findings: [] }
  if (HOOKS.get(hook)?.topic !== 'none') return { filter, findings: [] }
  const text = `${hook} has no topic, so its filter ${quoted(filter)} is left out: the rule takes every client`
  return { filter: null, findings: [filter === '#' ? note(line, text) : warning(line, text)] }
}
