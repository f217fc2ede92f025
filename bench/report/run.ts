import type { Measurement } from '../measure/run-phase.ts'
import { median } from '../measure/statistics.ts'
import type { SubjectName } from '../subjects.ts'

/** One subject in one scenario in one round. */
export interface Run extends Measurement {
  readonly scenario: string
  readonly subject: SubjectName
  readonly round: number
}

/** A figure of each round, in the order of the rounds. */
export const valuesOf = (
  runs: readonly Run[],
  scenario: string,
  subject: SubjectName,
  value: (run: Run) => number,
): number[] =>
  runs
    .filter((run) => run.scenario === scenario && run.subject === subject)
    .toSorted((a, b) => a.round - b.round)
    .map(value)

/** NaN when it was not measured. */
export const medianOf = (
  runs: readonly Run[],
  scenario: string,
  subject: SubjectName,
  value: (run: Run) => number,
): number => median(valuesOf(runs, scenario, subject, value))
