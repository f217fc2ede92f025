import { isMap, isScalar, type Node } from 'yaml'
import { suggestion } from '../../text/did-you-mean.ts'
import { quoted } from '../../text/quoted.ts'
import { MAX_PARTITION } from '../kafka-record.ts'
import type { YamlFile } from '../yaml-file.ts'
import {
  described,
  type Entry,
  isWrittenNull,
  type Keys,
  readMap,
  readText,
  textOf,
  written,
} from '../yaml-map.ts'
import { readJsonExpectations, type WantedAt } from './json-expectations.ts'
import { readBase64 } from './read-payload.ts'
import { readWholeNumber } from './read-whole-number.ts'
import { type Expectation, type ExpectedRecord, RECORD_FIELDS, type RecordField } from './rule-test.ts'

export const RECORD_KEYS: Keys = { known: new Set(RECORD_FIELDS), later: new Set() }

/** Reads what a test tells of a record, which is made by a rule of these names; notes every mistake. */
export function readExpected(file: YamlFile, item: Node, ruleNames: readonly string[]): ExpectedRecord {
  const node = written(file, item)
  if (!isMap(node))
    file.mistake(item, `a record must be a map, as in {topic: …, key: …}, not ${described(node)}`)
  const { entries } = readMap(file, node, RECORD_KEYS)
  noteUnknownRule(file, entries.get('rule'), ruleNames)
  const expectations = [...entries.values()].flatMap((entry) =>
    READERS[entry.name as RecordField](file, entry).map(
      ({ at, ...rest }): Expectation => ({
        field: entry.name as RecordField,
        place: file.placeOf(at),
        ...rest,
      }),
    ),
  )
  return { place: file.placeOf(item), expectations }
}

/** Without rules, that is the mistake. */
function noteUnknownRule(file: YamlFile, entry: Entry | undefined, ruleNames: readonly string[]): void {
  if (entry === undefined || !isScalar(entry.value) || ruleNames.length === 0) return
  const { value } = entry.value
  if (typeof value !== 'string' || ruleNames.includes(value)) return
  const fix = suggestion(value, ruleNames) || `: use one of ${ruleNames.slice(0, MAX_TOLD).join(', ')}`
  file.mistake(entry.value, `there is no rule ${quoted(value)} in this file${fix}`)
}

/** More names of rules are not told. */
const MAX_TOLD = 10

type Read = (file: YamlFile, entry: Entry) => readonly WantedAt[]

const READERS: Readonly<Record<RecordField, Read>> = {
  rule: readTextField,
  topic: readTextField,
  key: readTextOrNull,
  partition: (file, entry) =>
    isWrittenNull(entry) ? equal(entry, null) : equal(entry, readWholeNumber(file, entry, MAX_PARTITION)),
  timestamp: (file, entry) => equal(entry, readWholeNumber(file, entry, Number.MAX_SAFE_INTEGER)),
  headers: readHeaderTexts,
  value: (file, entry) =>
    isScalar(entry.value) && typeof entry.value.value === 'string'
      ? equal(entry, entry.value.value)
      : readJsonExpectations(file, entry),
  value_base64: (file, entry) => equal(entry, readBase64(file, entry)?.toString('base64') ?? ''),
}

function readTextField(file: YamlFile, entry: Entry): readonly WantedAt[] {
  return equal(entry, readText(file, entry)?.text ?? null)
}

function readTextOrNull(file: YamlFile, entry: Entry): readonly WantedAt[] {
  return isWrittenNull(entry) ? equal(entry, null) : readTextField(file, entry)
}

/** `null`: the record has no such header. */
function readHeaderTexts(file: YamlFile, entry: Entry): readonly WantedAt[] {
  if (!isMap<Node, Node | null>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `\`headers\` must be a map, not ${described(entry.value)}`)
    return []
  }
  return entry.value.items.flatMap(({ key, value }): readonly WantedAt[] => {
    const name = isScalar(key) ? String(key.value) : ''
    const header = { name, key, value: written(file, value) }
    const at = value ?? key
    if (isWrittenNull(header)) return [{ path: [name], wanted: { is: 'absent' }, at }]
    const text = textOf(file, at, header.value, `the header ${quoted(name)}`)
    return text === null ? [] : [{ path: [name], wanted: { is: 'equal', value: text.text }, at }]
  })
}

const equal = (entry: Entry, value: string | number | null): readonly WantedAt[] => [
  { path: [], wanted: { is: 'equal', value }, at: entry.value ?? entry.key },
]
