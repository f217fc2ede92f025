import { expect, it } from 'vitest'
import type { Run } from '../../../bench/report/run.ts'
import { isMet, targetLine, targetsOf } from '../../../bench/report/targets.ts'
import type { SubjectName } from '../../../bench/subjects.ts'

const run = (scenario: string, subject: SubjectName, round: number, cpu: number, p99: number): Run => ({
  ...{
    scenario,
    subject,
    round,
    answered: 1,
    failed: 0,
    eventsPerSecond: 1,
    cpuMicroseconds: cpu,
    loadCores: 0.1,
  },
  failure: null,
  latency: { p50: 1, p90: 1, p99, p999: p99, max: p99 },
  late: { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 },
  memory: { now: 1, peak: 1 },
  runtime: null,
  queued: null,
})
const targets = (runs: readonly Run[], lost: number | null = 0) =>
  Object.fromEntries(targetsOf(runs, lost).map((target) => [target.what, [target.value, isMet(target)]]))

it('judges each round beside its own, and only what was measured', () => {
  const runs = [1, 2, 3].flatMap((round) => [
    // In the third round the machine is busy: all cost three times as much.
    run('closed-128', 'lean/platformatic', round, round === 3 ? 60 : 20, 1),
    run('closed-128', 'grpc-js/platformatic', round, round === 3 ? 180 : 60, 1),
    run('closed-128', 'bare grpc-go', round, round === 3 ? 60 : 20, 1),
  ])
  expect(targets(runs, null)).toEqual({
    'lean, CPU of a matched event': [20, true],
    'lean, events a core beside grpc-js (platformatic both)': [3, true],
    'lean with Kafka beside a bare grpc-go, CPU': [1, false],
  })
})

it('judges latency at 5,000/s, and what is lost', () => {
  const runs = [
    run('open-5000', 'lean/platformatic', 1, 1, 3.1),
    run('open-5000', 'grpc-js/kafkajs', 1, 1, 31),
  ]
  const lines = targetsOf(runs, 2).map(targetLine)
  expect(lines).toEqual([
    'MISSED: lean, reply p99 at 5,000/s: 3.10 ms (at most 3)',
    'met: lean, reply p99 at 5,000/s beside grpc-js: 0.10 × (at most 0.2)',
    'MISSED: missing, doubled, out of order or astray in Kafka, or not answered: 2 (at most 0)',
  ])
})
