import type { OrderVerdict } from '../measure/order-check.ts'
import { medianRatio } from '../measure/statistics.ts'
import type { SubjectName } from '../subjects.ts'
import { medianOf, type Run, valuesOf } from './run.ts'

/** A figure and its bound. */
export interface Target {
  readonly what: string
  readonly value: number
  readonly bound: number
  /** Whether the value may be at most the bound, or must be at least it. */
  readonly kind: 'at most' | 'at least' | 'below'
  readonly unit: string
}

const CLOSED = 'closed-128'
const OPEN = 'open-5000'
const cpu = (run: Run): number => run.cpuMicroseconds
const p99 = (run: Run): number => run.latency.p99

/** Those targets for which there are figures. Ratios are medians of the rounds' own ratios. */
export function targetsOf(runs: readonly Run[], lost: number | null): Target[] {
  const ratio = (scenario: string, value: (run: Run) => number, a: SubjectName, b: SubjectName) =>
    medianRatio(valuesOf(runs, scenario, a, value), valuesOf(runs, scenario, b, value))
  const cpuRatio = (a: SubjectName, b: SubjectName) => ratio(CLOSED, cpu, a, b)
  const all: Target[] = [
    atMost('lean, CPU of a matched event', medianOf(runs, CLOSED, 'lean/platformatic', cpu), 20, 'µs'),
    {
      ...atMost(
        'lean, events a core beside grpc-js (platformatic both)',
        cpuRatio('grpc-js/platformatic', 'lean/platformatic'),
        3,
        '×',
      ),
      kind: 'at least',
    },
    {
      ...atMost(
        'lean with Kafka beside a bare grpc-go, CPU',
        cpuRatio('lean/platformatic', 'bare grpc-go'),
        1,
        '×',
      ),
      kind: 'below',
    },
    atMost('lean, reply p99 at 5,000/s', medianOf(runs, OPEN, 'lean/platformatic', p99), 3, 'ms'),
    atMost(
      'lean, reply p99 at 5,000/s beside grpc-js',
      ratio(OPEN, p99, 'lean/platformatic', 'grpc-js/kafkajs'),
      0.2,
      '×',
    ),
    atMost(
      'grpc-js with kafkajs beside a bare grpc-js, CPU',
      cpuRatio('grpc-js/kafkajs', 'bare grpc-js'),
      1.6,
      '×',
    ),
    atMost(
      'grpc-js with platformatic beside a bare grpc-js, CPU',
      cpuRatio('grpc-js/platformatic', 'bare grpc-js'),
      1.6,
      '×',
    ),
    atMost(
      'grpc-js, no rule matches, beside a bare grpc-js, CPU',
      cpuRatio('grpc-js/unmatched', 'bare grpc-js'),
      1.15,
      '×',
    ),
    atMost('lean, no rule matches, CPU', medianOf(runs, CLOSED, 'lean/unmatched', cpu), 10, 'µs'),
    atMost('missing, doubled, out of order or astray in Kafka, or not answered', lost ?? Number.NaN, 0, ''),
  ]
  return all.filter(({ value }) => !Number.isNaN(value))
}

function atMost(what: string, value: number, bound: number, unit: string): Target {
  return { what, value, bound, kind: 'at most', unit }
}

export const isMet = ({ value, bound, kind }: Target): boolean =>
  kind === 'at most' ? value <= bound : kind === 'below' ? value < bound : value >= bound

/** Everything that must be nothing. */
export const faultsOf = ({ missing, doubled, outOfOrder, astray }: OrderVerdict): number =>
  missing + doubled + outOfOrder + astray

export function targetLine(target: Target): string {
  const { what, value, bound, kind, unit } = target
  const figure = [Number.isInteger(value) ? String(value) : value.toFixed(2), unit].join(' ').trim()
  return `${isMet(target) ? 'met' : 'MISSED'}: ${what}: ${figure} (${kind} ${bound})`
}
