import { SCENARIOS } from '../scenarios.ts'
import { isOurs, SUBJECTS, type SubjectName } from '../subjects.ts'
import { type BarGroup, barChart } from './bar-chart.ts'
import { medianOf, type Run } from './run.ts'

/** The picture of the page: what an event costs in CPU, and how late the slowest replies come. */
export const resultsPicture = (runs: readonly Run[]): string =>
  barChart([
    group(runs, 'closed-128', 'CPU an event: closed loop, 128 clients', 'µs', (run) => run.cpuMicroseconds),
    group(runs, 'open-2000', 'p99 of the reply: 2,000 calls/s', 'ms', (run) => run.latency.p99),
    group(runs, 'open-5000', 'p99 of the reply: 5,000 calls/s', 'ms', (run) => run.latency.p99),
  ])

function group(
  runs: readonly Run[],
  scenario: string,
  title: string,
  unit: string,
  value: (run: Run) => number,
): BarGroup {
  const subjects: readonly SubjectName[] = SCENARIOS.find(({ name }) => name === scenario)?.subjects ?? []
  const bars = subjects
    .map((subject) => ({
      label: SUBJECTS[subject],
      value: medianOf(runs, scenario, subject, value),
      strong: isOurs(subject),
    }))
    .filter((bar) => !Number.isNaN(bar.value))
  return { title, unit, bars }
}
