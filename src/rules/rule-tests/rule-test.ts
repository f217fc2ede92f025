import type { FilePlace } from '../yaml-file.ts'
import type { TrialEvent } from './written-event.ts'

/** A test of the section `tests` of a rule file: an event, and what the rules are to make of it. */
export interface RuleTest {
  /** The one that was given, or `test 3`. */
  readonly name: string
  readonly place: FilePlace
  readonly event: TrialEvent
  /** In the order in which the rules make them: that of the file. */
  readonly records: readonly ExpectedRecord[]
  readonly recordsPlace: FilePlace
}

/** A record as far as the test tells it: what it does not tell may be anything. */
export interface ExpectedRecord {
  readonly place: FilePlace
  readonly expectations: readonly Expectation[]
}

/** One thing that is to be so in a record. */
export interface Expectation {
  readonly field: RecordField
  /** What of the field: the name of a header, or the steps into the JSON of the value. */
  readonly path: readonly (string | number)[]
  readonly wanted: Wanted
  readonly place: FilePlace
}

/** The fields of a record that a test may tell, as it names them. */
export const RECORD_FIELDS = [
  'rule',
  'topic',
  'key',
  'partition',
  'timestamp',
  'headers',
  'value',
  'value_base64',
] as const
export type RecordField = (typeof RECORD_FIELDS)[number]

/** `map` and `list` are for JSON: their members are expectations of their own. */
export type Wanted =
  | { readonly is: 'equal'; readonly value: string | number | boolean | null }
  | { readonly is: 'map' }
  | { readonly is: 'list'; readonly length: number }
  | { readonly is: 'absent' }
