import { describe, expect, it } from 'vitest'
import { FAULTS, type FaultName } from '../../soak/faults.ts'
import type { Life } from '../../soak/life.ts'
import { brokenPromises } from '../../soak/promises.ts'
import type { Outcome } from '../../soak/run-scenario.ts'
import type { Scenario } from '../../soak/scenario.ts'

const OPTIONS = { seconds: 1, rate: 100, clients: 10 }
const lost = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ messageId: String(i), clientid: 'a', outcome: 'succeeded' as const, rejected: false },
    ...{ startedAt: 0, ms: 1 },
  }))
const comparison = (more: Partial<Outcome['inKafka']> = {}): Outcome['inKafka'] => ({
  ...{ messages: 100, missing: [], duplicates: 0, outOfOrder: 0, astray: 0, ...more },
})

function life(more: Partial<Life> = {}, ledger: Partial<Life['last']['ledger']> = {}, renewals = 0): Life {
  return {
    ...{ beganAt: 0, endedAt: 1, unbalanced: 0, scrapes: 9, mostQueued: 5, depthAtEnd: 0 },
    ...{ exitCode: undefined, deliveredInAll: undefined },
    last: {
      ledger: {
        ...{ calls: 100, matched: 100, unmatched: 0, refused: 0, records: 100, recovered: 0, balanced: true },
        ...{ delivered: 100, deadLettered: 0, dropped: 0, queued: 0, ...ledger },
      },
      value: (name) => (name.includes('renewals') ? renewals : 0),
    },
    ...more,
  }
}

function outcome(
  fault: FaultName,
  more: Partial<Omit<Outcome, 'scenario'>> = {},
  scenario: Partial<Scenario> = {},
): Outcome {
  return {
    scenario: { fault: FAULTS[fault], reply: 'queued', driver: 'kafkajs', queue: 'memory', ...scenario },
    ...{
      calls: 100,
      answered: 100,
      rejected: 0,
      unhooked: 0,
      inKafka: comparison(),
      firstLife: comparison(),
    },
    ...{ lives: [life()], p50Ms: 1, p99Ms: 2, longestMs: 3, oldestLostMs: 0, drained: true, ...more },
  }
}

const broken = (made: Outcome): string => brokenPromises(made, OPTIONS).join('; ')
const killed = (depth: number): Pick<Outcome, 'lives'> => ({
  lives: [life({ depthAtEnd: depth, exitCode: null }), life()],
})

describe('a scenario keeps every promise', () => {
  it.each<[string, Outcome]>([
    ['when all is well', outcome('kafka-killed')],
    [
      'with duplicates of a renewed producer id',
      outcome('kafka-killed', { inKafka: comparison({ duplicates: 3 }), lives: [life({}, {}, 1)] }),
    ],
    [
      'when a killed provider loses no more than its queue held',
      outcome('provider-killed', { ...killed(5), inKafka: comparison({ missing: lost(5) }), unhooked: 7 }),
    ],
    [
      'when a stop delivers all',
      outcome('provider-stopped', {
        lives: [life({ exitCode: 0, deliveredInAll: 100 }), life()],
        unhooked: 9,
      }),
    ],
  ])('%s', (_name, made) => expect(broken(made)).toBe(''))
})

describe('a promise is broken', () => {
  it.each<[string, RegExp, Outcome]>([
    ['lost', /1 answered messages/, outcome('network-cut', { inKafka: comparison({ missing: lost(1) }) })],
    [
      'more lost than the queue held',
      /6 answered messages .* at most 5/,
      outcome('provider-killed', { ...killed(5), inKafka: comparison({ missing: lost(6) }) }),
    ],
    [
      'lost though delivered',
      /at most 0/,
      outcome(
        'provider-killed',
        { ...killed(5), inKafka: comparison({ missing: lost(1) }) },
        { reply: 'delivered' },
      ),
    ],
    [
      'lost though long on disk',
      /in spite of the disk/,
      outcome('provider-killed', { ...killed(5), oldestLostMs: 1500 }, { queue: 'disk' }),
    ],
    ['order', /2 out of order/, outcome('kafka-frozen', { inKafka: comparison({ outOfOrder: 2 }) })],
    ['duplicates', /3 twice/, outcome('kafka-frozen', { inKafka: comparison({ duplicates: 3 }) })],
    ['a call in vain', /4 calls failed/, outcome('network-slow', { unhooked: 4 })],
    ['an imbalance', /did not balance/, outcome('network-slow', { lives: [life({ unbalanced: 1 })] })],
    [
      'a ledger that says more',
      /101 delivered/,
      outcome('kafka-killed', { lives: [life({}, { delivered: 101 })] }),
    ],
    ['a drop', /1 records dropped/, outcome('kafka-killed', { lives: [life({}, { dropped: 1 })] })],
    ['a queue that stays full', /still queued/, outcome('kafka-killed', { drained: false })],
    ['a crash', /died by itself/, outcome('kafka-killed', { lives: [life({ exitCode: null })] })],
    [
      'a bad exit',
      /exit code 1/,
      outcome('provider-stopped', { lives: [life({ exitCode: 1, deliveredInAll: 100 }), life()] }),
    ],
    ['nothing to count', /only 3 calls/, outcome('kafka-killed', { answered: 3 })],
  ])('%s', (_name, what, made) => expect(broken(made)).toMatch(what))
})
