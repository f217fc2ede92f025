import { expect, it } from 'vitest'
import { resultsPage } from '../../../bench/report/results-page.ts'
import { resultsPicture } from '../../../bench/report/results-picture.ts'
import type { Run } from '../../../bench/report/run.ts'
import { SCENARIOS } from '../../../bench/scenarios.ts'

const times = { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }
const run = (round: number, cpuMicroseconds: number): Run => ({
  ...{
    scenario: 'closed-128',
    subject: 'lean/platformatic',
    round,
    answered: 1,
    failed: 0,
    eventsPerSecond: 50_000,
  },
  ...{ cpuMicroseconds, loadCores: 0.1, failure: null, latency: times, late: times },
  memory: { now: 100, peak: 200 },
  runtime: { seconds: 2, gcCount: 1, gcMs: 20, gcMaxMs: 7, loopP99Ms: 6, loopMaxMs: 6 },
  queued: 9,
})
const runs = [run(0, 10), run(1, 30), run(2, 11)]

it('tells the medians of what was measured, what is in Kafka, what failed and what was left out', () => {
  const page = resultsPage({
    ...{ runs, targets: [], circumstances: 'a machine', command: 'npm run bench', rounds: 3, seconds: 2 },
    ...{ loadProgram: 'in Go', picture: 'results.svg', leftOut: ['a peer: no Go here'] },
    scenarios: SCENARIOS.slice(0, 1),
    failures: [{ subject: 'tutorial', what: '3 of 9 calls failed: gRPC status 8' }],
    verdicts: new Map([
      ['tutorial', { answered: 6, found: 5, missing: 1, doubled: 2, outOfOrder: 3, astray: 4 }],
      ['lean/kafkajs', { answered: 6, found: 4, missing: 2, doubled: 0, outOfOrder: 0, astray: 0 }],
    ]),
    dropped: new Map([['lean/kafkajs', { queue_full: 2 }]]),
  })
  expect(page).toContain(
    '| **exhook-kafka, lean, platformatic** | 50000 | 11.0 | 1.00 | 2.00 | 3.00 | 4.00 | 5.00 | 100 | 200 | 10.0 | 7.0 | 6.0 | 9 |',
  )
  expect(page).not.toContain('bare grpc-go, only')
  expect(page).toContain("| the tutorials' Python server | 6 | 5 | 1 | – | 2 | 3 | 4 |")
  expect(page).toContain('| exhook-kafka, lean, kafkajs | 6 | 4 | 2 | queue_full: 2 | 0 | 0 | 0 |')
  expect(page).toContain("- the tutorials' Python server: 3 of 9 calls failed: gRPC status 8")
  expect(page).toContain('- a peer: no Go here')
})

it('draws what was measured', () => {
  const picture = resultsPicture(runs)
  expect(picture).toContain('>11.0 µs<')
  expect(picture).not.toContain('5,000 calls/s')
})
