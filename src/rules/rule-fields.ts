import { HOOKS, type HookPoint, RPCS } from '../hooks.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { escaped, quoted } from '../text/quoted.ts'
import { conditionProblems } from './condition-problems.ts'
import { POLICY_KEYS } from './policy-fields.ts'
import { filterProblem, looksShared } from './topic-filter.ts'
import type { YamlFile } from './yaml-file.ts'
import { type Entry, type Keys, readText, readTexts, type Text, type Wanted } from './yaml-map.ts'

/** Every key of a rule. */
export const RULE_KEY_NAMES = [
  'name',
  'hook',
  'filter',
  'exclude',
  'when',
  'topic',
  'allow',
  'key',
  'headers',
  'partition',
  'timestamp',
  'format',
  'enabled',
  ...POLICY_KEYS,
] as const
export type RuleKey = (typeof RULE_KEY_NAMES)[number]

export const RULE_KEYS: Keys = { known: new Set(RULE_KEY_NAMES), later: new Set() }

/** A name is a label of metrics: long enough for any default name, and no longer than a label should be. */
export const MAX_NAME_LENGTH = 300

// Each reader notes what is wrong with its field and gives what is right of it.

export function readName(file: YamlFile, entry: Entry): Text | null {
  const name = readText(file, entry)
  if (name === null) return null
  const problem = nameProblem(name.text)
  if (problem !== null) file.mistake(name.node, problem)
  return name
}

export function readHooks(file: YamlFile, entry: Entry): readonly HookPoint[] {
  return (readTexts(file, entry) ?? []).flatMap((text) => hookOf(file, text) ?? [])
}

/** One hook; null after noting that it is none. */
export function readHook(file: YamlFile, entry: Entry): HookPoint | null {
  const text = readText(file, entry)
  return text === null ? null : hookOf(file, text)
}

function hookOf(file: YamlFile, { text, node }: Text): HookPoint | null {
  if (isHookPoint(text)) return text
  file.mistake(node, `there is no hook ${quoted(text)}${hookHint(text)}`)
  return null
}

export function readFilters(file: YamlFile, entry: Entry, hooks: readonly HookPoint[]): readonly string[] {
  const without = hooks.filter((hook) => HOOKS.get(hook)?.topic === 'none')
  if (without.length > 0) file.mistake(entry.key, topiclessProblem(entry.name, without, hooks))
  const onlyMessages = hooks.length > 0 && hooks.every((hook) => HOOKS.get(hook)?.topic === 'message')
  const filters: string[] = []
  for (const { text, node } of readTexts(file, entry) ?? []) {
    let problem = looksShared(text) ? sharedProblem(text) : filterProblem(text)
    // EMQX never sends messages of `$SYS/`; to leave them out is no mistake.
    if (problem === null && onlyMessages && entry.name === 'filter' && text.startsWith('$SYS/'))
      problem = 'EMQX does not send its own `$SYS/` messages to hooks, so it would match nothing: remove it'
    if (problem === null) filters.push(text)
    else file.mistake(node, `\`${entry.name}\` cannot be ${quoted(text)}: ${problem}`)
  }
  return filters
}

/** null after noting that it is none. */
export function readWhen(file: YamlFile, entry: Entry, hooks: readonly HookPoint[]): string | null {
  const when = readText(file, entry, CONDITION)
  if (when === null) return null
  // Without hooks nothing is known of the fields.
  const problems = hooks.length === 0 ? [] : conditionProblems(when.text, hooks)
  for (const { message, at } of problems) file.mistake(when.node, `in \`when\`, ${message}`, at)
  return problems.length === 0 ? when.text : null
}

const CONDITION: Wanted = {
  what: 'a condition, as in `qos > 0`',
  fix(value) {
    if (value === true || value === null) return 'leave it out'
    return value === false ? 'to switch the rule off, write `enabled: false`' : null
  },
}

function isHookPoint(text: string): text is HookPoint {
  return (HOOKS as ReadonlyMap<string, unknown>).has(text)
}

function hookHint(text: string): string {
  const exact = RPCS.find(({ rpc, hook }) => rpc === text && hook !== null)?.hook
  if (exact) return `, did you mean \`${exact}\`?`
  return suggestion(text, HOOKS.keys()) || `: use one of ${[...HOOKS.keys()].join(', ')}`
}

function topiclessProblem(field: string, without: readonly HookPoint[], hooks: readonly HookPoint[]): string {
  const names = without.join(', ')
  const fix = without.length === hooks.length ? 'remove it' : `give ${names} a rule without \`${field}\``
  return `\`${field}\` needs a topic, and ${names} ${without.length === 1 ? 'has' : 'have'} none: ${fix}`
}

function sharedProblem(filter: string): string {
  const rest = filter.startsWith('$share/')
    ? filter.split('/').slice(2).join('/')
    : filter.slice('$queue/'.length)
  const fix = rest === '' ? 'write the filter alone' : `write ${quoted(rest)}`
  return `the group of a shared subscription is taken off before filters are matched: ${fix}`
}

function nameProblem(name: string): string | null {
  if (name.trim() === '') return '`name` is empty: write a name, or leave it out'
  if (name.length > MAX_NAME_LENGTH)
    return `\`name\` is longer than ${MAX_NAME_LENGTH} characters: shorten it`
  if (escaped(name) !== name) return '`name` holds a control character: remove it'
  return null
}
