import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { Expectation, ExpectedRecord } from '../rules/rule-tests/rule-test.ts'
import type { FilePlace } from '../rules/yaml-file.ts'
import { utf8Text } from '../text/utf8.ts'

/** Something that is not as a test wants it. */
export interface Difference {
  /** Where the test says what it wants. */
  readonly place: FilePlace
  /** `topic`, `headers.region`, `value.list[0].x`. */
  readonly what: string
  /** Both as JSON, or in words. */
  readonly expected: string
  readonly made: string
}

/** What of a record is not as the test wants it; empty: it passes. */
export function differencesOf(expected: ExpectedRecord, record: KafkaRecord): readonly Difference[] {
  const looksInside = expected.expectations.some(({ field }) => field === 'value')
  const json = looksInside ? jsonOf(record.value) : NO_JSON
  return expected.expectations.flatMap((one) => {
    const made = madeOf(one, record, json)
    return isAsWanted(one, made)
      ? []
      : [{ place: one.place, what: nameOf(one), expected: wantedText(one), made: madeText(made) }]
  })
}

/** Stands for what is not there. */
const NOTHING: unique symbol = Symbol('nothing')
/** Stands for the JSON of a value that is none. */
const NO_JSON: unique symbol = Symbol('no JSON')

function madeOf({ field, path, wanted }: Expectation, record: KafkaRecord, json: unknown): unknown {
  switch (field) {
    case 'rule':
    case 'topic':
    case 'partition':
      return record[field]
    case 'timestamp':
      return record.timestampMs
    case 'key':
      return record.key === null ? null : textOf(record.key)
    case 'headers':
      return memberOf(record.headers, path[0] ?? '')
    case 'value_base64':
      return record.value.toString('base64')
    case 'value':
      return path.length === 0 && wanted.is === 'equal' && typeof wanted.value === 'string'
        ? textOf(record.value)
        : path.reduce(memberOf, json)
  }
}

function memberOf(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return value === NO_JSON ? NO_JSON : NOTHING
  return Object.hasOwn(value, step) ? (value as Readonly<Record<string | number, unknown>>)[step] : NOTHING
}

function isAsWanted({ wanted }: Expectation, made: unknown): boolean {
  switch (wanted.is) {
    case 'equal':
      return made === wanted.value
    case 'absent':
      return made === NOTHING
    case 'list':
      return Array.isArray(made) && made.length === wanted.length
    case 'map':
      return typeof made === 'object' && made !== null && !Array.isArray(made)
  }
}

function wantedText({ wanted }: Expectation): string {
  switch (wanted.is) {
    case 'equal':
      return JSON.stringify(wanted.value)
    case 'absent':
      return 'nothing'
    case 'list':
      return `a list of ${wanted.length}`
    case 'map':
      return 'an object'
  }
}

/** More of a value is not shown. */
const MAX_SHOWN = 500

function madeText(made: unknown): string {
  if (made === NOTHING) return 'nothing'
  if (made === NO_JSON) return 'a value that is no JSON'
  const text = JSON.stringify(made)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function nameOf({ field, path }: Expectation): string {
  return path.reduce<string>(
    (name, step) => (typeof step === 'number' ? `${name}[${step}]` : `${name}.${step}`),
    field,
  )
}

const textOf = (bytes: Buffer): string => utf8Text(bytes) ?? `base64 ${bytes.toString('base64')}`

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(utf8Text(value) ?? '')
  } catch {
    return NO_JSON
  }
}
