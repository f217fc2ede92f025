import { isMap, isSeq, type Node } from 'yaml'
import type { YamlFile } from '../yaml-file.ts'
import { described, type Entry, type Keys, readMap, readText, written } from '../yaml-map.ts'
import { readEvent } from './read-event.ts'
import { readExpected } from './read-expected.ts'
import type { RuleTest } from './rule-test.ts'

export const TEST_KEYS: Keys = { known: new Set(['name', 'event', 'records']), later: new Set() }

/** Reads the section `tests` of a rule file; notes every mistake in it and gives the tests that are right in form. */
export function readTests(file: YamlFile, entry: Entry): readonly RuleTest[] {
  if (!isSeq<Node>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `\`tests\` must be a list of tests, not ${described(entry.value)}`)
    return []
  }
  return entry.value.items.flatMap((item, index) => readTest(file, item, `test ${index + 1}`) ?? [])
}

function readTest(file: YamlFile, item: Node, defaultName: string): RuleTest | null {
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
  const trialEvent = event === undefined ? null : readEvent(file, event.value ?? event.key, event.value)
  const expected = records === undefined ? null : readRecords(file, records)
  if (records === undefined || trialEvent === null || expected === null) return null
  return {
    name: title?.text ?? defaultName,
    place: file.placeOf(item),
    event: trialEvent,
    records: expected,
    recordsPlace: file.placeOf(records.key),
  }
}

const MISSING = [
  ['event', 'what comes in, as in `event: {event: message.publish, topic: devices/d1/state}`'],
  ['records', 'what comes of it, `[]` for nothing'],
] as const

function readRecords(file: YamlFile, entry: Entry): RuleTest['records'] | null {
  if (!isSeq<Node>(entry.value)) {
    file.mistake(
      entry.value ?? entry.key,
      `\`records\` must be a list, \`[]\` for none, not ${described(entry.value)}`,
    )
    return null
  }
  return entry.value.items.map((item) => readExpected(file, item))
}
