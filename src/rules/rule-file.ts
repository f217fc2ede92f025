import { isMap, isSeq, type Node } from 'yaml'
import { ConfigError } from '../config/config-error.ts'
import type { HookPoint } from '../hooks.ts'
import { formatProblem } from './formats/create-format.ts'
import { FORMAT_NAMES } from './formats/format-names.ts'
import { readChoice, readPolicy } from './policy-fields.ts'
import { readHeaders, readKey, readPartition, readTopic } from './record-fields.ts'
import type { RuleConfig, TimestampChoice } from './rule-config.ts'
import { RULE_KEYS, readFilters, readHooks, readName, readWhen } from './rule-fields.ts'
import { nameRules, type RuleDraft } from './rule-names.ts'
import { readTests } from './rule-tests/read-tests.ts'
import type { RuleTest } from './rule-tests/rule-test.ts'
import { type FilePlace, openYaml, type YamlFile } from './yaml-file.ts'
import { described, type Entry, type Keys, readBoolean, readMap, written } from './yaml-map.ts'

/** A record goes to the partition of its client, so that each device's order is kept. */
const DEFAULT_KEY = '${clientid}'

export const TIMESTAMPS: readonly TimestampChoice[] = ['event', 'now']
const NO_TOPIC = { topic: '', allow: null }
const NO_HEADERS: ReadonlyMap<string, string> = new Map()

export const FILE_KEYS: Keys = { known: new Set(['rules', 'tests']), later: new Set() }
const EXAMPLE = '`rules:` and a list of rules, each with a `hook` and a `topic`'

/** All that a rule file says. */
export interface RuleFile {
  /** Disabled ones too, in the file's order, with the defaults filled in. */
  readonly rules: readonly RuleConfig[]
  /** Where each of them begins, in the same order. */
  readonly places: readonly FilePlace[]
  /** None unless the file has some. `check` runs them; `serve` does not. */
  readonly tests: readonly RuleTest[]
}

/**
 * Reads a rule file, its tests included. Throws a ConfigError with every mistake at once, each with its line and column.
 * `fileName` is only for messages.
 */
export function readRuleFile(text: string, fileName: string): RuleFile {
  const file = openYaml(text, fileName)
  const root = written(file, file.root)
  if (!isMap(root)) file.mistake(root, rootProblem(root))
  const { entries, meant } = readMap(file, root, FILE_KEYS)
  const nodes = isMap(root) ? readList(file, root, entries, meant) : []
  const rules = nameRules(
    file,
    nodes.map((node) => readRule(file, node)),
  )
  const tests = entries.get('tests')
  const ruleFile = {
    rules,
    places: nodes.map((node) => file.placeOf(node)),
    tests:
      tests === undefined
        ? []
        : readTests(
            file,
            tests,
            rules.map(({ name }) => name),
          ),
  }
  const mistakes = file.mistakes()
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return ruleFile
}

/** The rules alone. */
export const readRules = (text: string, fileName: string): readonly RuleConfig[] =>
  readRuleFile(text, fileName).rules

/** The items of `rules`. */
function readList(
  file: YamlFile,
  root: Node,
  entries: ReadonlyMap<string, Entry>,
  meant: ReadonlySet<string>,
): readonly Node[] {
  const rules = entries.get('rules')
  if (rules === undefined) {
    if (!meant.has('rules')) file.mistake(root, `the file has no \`rules\`: write ${EXAMPLE}`)
    return []
  }
  if (!isSeq<Node>(rules.value)) {
    file.mistake(rules.value ?? rules.key, `\`rules\` must be a list of rules, not ${described(rules.value)}`)
    return []
  }
  if (rules.value.items.length === 0)
    file.mistake(rules.value, '`rules` is empty: write at least one rule, with a `hook` and a `topic`')
  return rules.value.items
}

function rootProblem(root: Node | null): string {
  if (isSeq(root)) return 'the file must begin with `rules:`: put it before the list, and indent the list'
  if (root === null) return `the file is empty: write ${EXAMPLE}`
  // Not what it holds: it may be another file, a password's or a key's.
  return `the file must be a map, not a text: is it the rule file? Write ${EXAMPLE}`
}

function readRule(file: YamlFile, item: Node): RuleDraft {
  const node = written(file, item)
  const isRule = isMap(node)
  if (!isRule)
    file.mistake(item, `a rule must be a map with a \`hook\` and a \`topic\`, not ${described(node)}`)
  const { entries, meant } = readMap(file, node, RULE_KEYS)

  const field = <T>(name: string, read: (entry: Entry) => T, otherwise: T): T => {
    const entry = entries.get(name)
    return entry === undefined ? otherwise : read(entry)
  }
  for (const name of ['hook', 'topic'])
    if (isRule && !entries.has(name) && !meant.has(name)) file.mistake(item, missingProblem(name))

  const hooks = field('hook', (entry) => readHooks(file, entry), [])
  const filters = field('filter', (entry) => readFilters(file, entry, hooks), null)
  return {
    name: field('name', (entry) => readName(file, entry), null),
    hooks,
    filters,
    exclude: field('exclude', (entry) => readFilters(file, entry, hooks), []),
    when: field('when', (entry) => readWhen(file, entry, hooks), null),
    ...field('topic', (entry) => readTopic(file, entry, entries.get('allow'), hooks, filters), NO_TOPIC),
    key: field('key', (entry) => readKey(file, entry, hooks), DEFAULT_KEY),
    headers: field('headers', (entry) => readHeaders(file, entry, hooks), NO_HEADERS),
    partition: field('partition', (entry) => readPartition(file, entry, hooks), null),
    timestamp: field('timestamp', (entry) => readChoice(file, entry, TIMESTAMPS), null) ?? 'event',
    format: field('format', (entry) => readFormat(file, entry, hooks), null) ?? 'bridge',
    enabled: field('enabled', (entry) => readBoolean(file, entry), true) ?? true,
    policy: readPolicy(file, entries, hooks),
  }
}

const readFormat = (file: YamlFile, entry: Entry, hooks: readonly HookPoint[]) =>
  readChoice(file, entry, FORMAT_NAMES, (name) => formatProblem(name, hooks))

function missingProblem(name: string): string {
  return name === 'hook'
    ? 'the rule has no `hook`: write a hook point, such as `hook: message.publish`'
    : 'the rule has no `topic`: write the Kafka topic its records go to'
}
