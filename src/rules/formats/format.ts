import type { RuleInput } from '../rule-input.ts'

/**
 * What a record's value looks like, and which headers it has beside `emqx-event` and `emqx-message-id`. Never throws.
 * A value is never a view of the request: a record may wait long, and would keep all of it; a large request's memory is
 * given back before that.
 */
export interface Format {
  value(input: RuleInput): Buffer
  /** Absent: none. */
  readonly addHeaders?: (input: RuleInput, headers: Record<string, string>) => void
}
