import { HOOKS, type HookPoint, RPCS } from '../hooks.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { escaped, quoted } from '../text/quoted.ts'
import { kafkaTopicProblem } from './kafka-topic.ts'
import { POLICY_KEYS } from './policy-fields.ts'
import { templateProblems } from './template.ts'
import { filterProblem, looksShared } from './topic-filter.ts'
import type { YamlFile } from './yaml-file.ts'
import { type Entry, isWrittenNull, type Keys, readText, readTexts, type Text } from './yaml-map.ts'

export const RULE_KEYS: Keys = {
  known: new Set(['name', 'hook', 'filter', 'exclude', 'topic', 'key', 'format', 'enabled', ...POLICY_KEYS]),
  later: new Set(['when', 'headers', 'partition', 'timestamp', 'allow']),
}

const FORMATS: ReadonlySet<string> = new Set(['bridge'])
const LATER_FORMATS: ReadonlySet<string> = new Set(['emqx', 'payload', 'cloudevents', 'protobuf'])

/** A name is a label of metrics: long enough for any default name, and no longer than a label should be. */
const MAX_NAME_LENGTH = 300

// Each reader notes what is wrong with its field and gives what is right of it.

export function readName(file: YamlFile, entry: Entry): Text | null {
  const name = readText(file, entry)
  if (name === null) return null
  const problem = nameProblem(name.text)
  if (problem !== null) file.mistake(name.node, problem)
  return name
}

export function readHooks(file: YamlFile, entry: Entry): readonly HookPoint[] {
  const hooks: HookPoint[] = []
  for (const { text, node } of readTexts(file, entry) ?? []) {
    if (isHookPoint(text)) hooks.push(text)
    else file.mistake(node, `there is no hook ${quoted(text)}${hookHint(text)}`)
  }
  return hooks
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

export function readTopic(file: YamlFile, entry: Entry): string | null {
  const topic = readText(file, entry)
  if (topic === null) return null
  const problem = kafkaTopicProblem(topic.text)
  if (problem === null) return topic.text
  file.mistake(topic.node, `\`topic\` cannot be ${quoted(topic.text)}: ${problem}`)
  return null
}

/** null: records without a key. */
export function readKey(file: YamlFile, entry: Entry, hooks: readonly HookPoint[]): string | null {
  if (isWrittenNull(entry)) return null
  if (entry.value === null) {
    file.mistake(entry.key, '`key` is empty: write `null` for no key, or leave it out for `${clientid}`')
    return null
  }
  const key = readText(file, entry)
  if (key === null) return null
  if (key.text === '')
    file.mistake(key.node, 'an empty `key` puts every record on one partition: write `null` for no key')
  for (const problem of templateProblems(key.text, hooks)) file.mistake(key.node, `in \`key\`, ${problem}`)
  return key.text
}

/** Checks that the format is one this version writes; there is only one. */
export function checkFormat(file: YamlFile, entry: Entry): void {
  const format = readText(file, entry)
  if (format === null || FORMATS.has(format.text)) return
  const problem = LATER_FORMATS.has(format.text)
    ? `the format ${quoted(format.text)} is not supported by this version: use \`bridge\`, or leave it out`
    : `there is no format ${quoted(format.text)}${suggestion(format.text, FORMATS) || ': use `bridge`, or leave it out'}`
  file.mistake(format.node, problem)
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
