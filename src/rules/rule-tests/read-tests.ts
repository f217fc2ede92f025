import { isMap, isSeq, type Node } from 'yaml'
import { quoted } from '../../text/quoted.ts'
import type { YamlFile } from '../yaml-file.ts'
import { described, type Entry, type Keys, readMap, readText, type Text, written } from '../yaml-map.ts'
import { readEvent } from './read-event.ts'
import { readExpected } from './read-expected.ts'
import type { RuleTest } from './rule-test.ts'

export const TEST_KEYS: Keys = { known: new Set(['name', 'event', 'records']), later: new Set() }

/**
 * Reads the section `tests` of a rule file, whose rules have these names; notes every mistake in it and gives the tests that are
 * right in form.
 */
export function readTests(file: YamlFile, entry: Entry, ruleNames: readonly string[]): readonly RuleTest[] {
  if (!isSeq<Node>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `\`tests\` must be a list of tests, not ${described(entry.value)}`)
    return []
  }
  const given = new Map<string, Node>()
  return entry.value.items.flatMap(
    (item, index) => readTest(file, item, { defaultName: `test ${index + 1}`, given, ruleNames }) ?? [],
  )
}

/** What a test of a file depends on beside its own lines. */
interface Beside {
  readonly defaultName: string
  /** The names of the tests before it, and where they are. */
  readonly given: Map<string, Node>
  readonly ruleNames: readonly string[]
}

function readTest(file: YamlFile, item: Node, { defaultName, given, ruleNames }: Beside): RuleTest | null {
  const node = written(file, item)
  if (!isMap(node)) {
    file.mistake(item, `a test must be a map with an \`event\` and its \`records\`, not ${described(node)}`)
    return null
  }
  const { entries, meant } = readMap(file, node, TEST_KEYS)
  for (const [name, what] of MISSING)
    if (!entries.has(name) && !meant.has(name))
      file.mistake(item, `the test has no \`${name}\`: write ${what}`)

  const [name, event, records] = ['name', 'event', 'records'].map((key) => entries.get(key))
  const title = name === undefined ? null : readText(file, name)
  if (title !== null) noteName(file, title, given)
  const trialEvent = event === undefined ? null : readEvent(file, event.value ?? event.key, event.value)
  const expected = records === undefined ? null : readRecords(file, records, ruleNames)
  if (records === undefined || trialEvent === null || expected === null) return null
  return {
    name: title?.text ?? defaultName,
    place: file.placeOf(item),
    event: trialEvent,
    records: expected,
    recordsPlace: file.placeOf(records.key),
  }
}

/** By its name alone a failed test is known. */
function noteName(file: YamlFile, { text, node }: Text, given: Map<string, Node>): void {
  const first = given.get(text)
  if (first === undefined) given.set(text, node)
  else file.mistake(node, `the name ${quoted(text)} is taken on line ${file.lineOf(first)}: choose another`)
}

const MISSING = [
  ['event', 'what comes in, as in `event: {event: message.publish, topic: devices/d1/state}`'],
  ['records', 'what comes of it, `[]` for nothing'],
] as const

function readRecords(file: YamlFile, entry: Entry, ruleNames: readonly string[]): RuleTest['records'] | null {
  if (!isSeq<Node>(entry.value)) {
    file.mistake(
      entry.value ?? entry.key,
      `\`records\` must be a list, \`[]\` for none, not ${described(entry.value)}`,
    )
    return null
  }
  return entry.value.items.map((item) => readExpected(file, item, ruleNames))
}
