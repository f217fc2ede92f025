import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { record } from '../support/records.ts'
import { createBench, DROP, type End, options, some } from './bench.ts'

const DELIVERED = options({ reply: 'delivered' })
const OR_REJECT = options({ reply: 'delivered', onTimeout: 'reject' })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the end of all waits', () => {
  it('answers those who wait for room, for the disk or for Kafka as when their time is up, once', () => {
    const b = createBench({ maxRecords: 4, laneShare: 1 })
    const late = b.offer(some('a', 1), DELIVERED)
    const rejected = b.offer(some('a', 1), OR_REJECT)
    b.offer(some('a', 2), DROP)
    const dropped = Array.from({ length: 12 }, () => b.offer(some('a', 1)))
    expect([b.queue.waiters, b.queue.awaited]).toEqual([12, 2])
    b.queue.endWaits()
    expect([b.queue.waiters, b.queue.awaited]).toEqual([0, 0])
    expect([late.outcome, rejected.outcome]).toEqual(['late', 'rejected'])
    for (const { outcome } of dropped) expect(outcome).toBe('dropped')
    expect(b.ledger.snapshot()).toMatchObject({ dropped: { rejected: 1, wait_timeout: 12 }, queued: 3 })
    expect(balances(b.ledger.snapshot())).toBe(true)
    // It says nothing about Kafka.
    expect(b.queue.breakerOpen).toBe(false)
    expect(b.lines).toEqual([])
  })

  it('lets nobody wait who comes later', () => {
    const b = createBench({ maxRecords: 2, laneShare: 1 })
    b.queue.endWaits()
    expect(b.offer(some('a', 1), DELIVERED).outcome).toBe('late')
    expect(b.offer(some('a', 1), OR_REJECT).outcome).toBe('rejected')
    expect(b.offer(some('a', 1), DROP).outcome).toBe('queued')
    expect(b.offer(some('a', 1)).outcome).toBe('dropped')
    expect(balances(b.ledger.snapshot())).toBe(true)
  })
})

describe('a reply that waits for Kafka', () => {
  it('goes out when Kafka has acknowledged all records of the event', () => {
    const b = createBench()
    const event = b.offer([...some('a', 2), ...some('b', 1)], DELIVERED)
    expect(b.queue.awaited).toBe(1)
    b.lane('a').deliver(b.lane('a').take(10, 1e9))
    expect(event.outcome).toBeUndefined()
    b.lane('b').deliver(b.lane('b').take(10, 1e9))
    expect(event.outcome).toBe('delivered')
    expect(b.queue.awaited).toBe(0)
  })

  it('goes out late at its deadline, the record stays', () => {
    const b = createBench()
    const event = b.offer(some('a', 1), DELIVERED)
    vi.advanceTimersByTime(4500)
    expect(event.outcome).toBe('late')
    expect(b.queue.records).toBe(1)
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(b.ledger.snapshot()).toMatchObject({ delivered: 1, rejectedButSent: 0 })
  })

  it('rejects at its deadline and takes back what waits', () => {
    const b = createBench()
    b.offer(some('a', 1), DROP)
    const event = b.offer(some('a', 1), OR_REJECT)
    b.offer(some('a', 1), DROP)
    vi.advanceTimersByTime(4500)
    expect(event.outcome).toBe('rejected')
    expect(b.queue.records).toBe(2)
    expect(b.lane('a').take(10, 1e9)).toHaveLength(2)
    expect(b.ledger.snapshot()).toMatchObject({ dropped: { rejected: 1 }, rejectedButSent: 0 })
    expect(balances(b.ledger.snapshot())).toBe(true)
  })

  it('counts what was under way, or there, when it rejected', () => {
    const b = createBench()
    const event = b.offer([...some('a', 1), ...some('b', 1), ...some('c', 1)], OR_REJECT)
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    const flying = b.lane('b').take(1, 1e9)
    vi.advanceTimersByTime(4500)
    expect(event.outcome).toBe('rejected')
    b.lane('b').deliver(flying)
    expect(b.ledger.snapshot()).toMatchObject({
      delivered: 2,
      dropped: { rejected: 1 },
      rejectedButSent: 2,
      queued: 0,
    })
    expect(balances(b.ledger.snapshot())).toBe(true)
  })

  it('ends when Kafka refuses the record', () => {
    for (const [given, outcome] of [
      [DELIVERED, 'late'],
      [OR_REJECT, 'rejected'],
    ] as const) {
      const b = createBench()
      const event = b.offer([...some('a', 1), ...some('b', 1)], given)
      b.lane('a').drop(b.lane('a').take(1, 1e9), 'record_too_large')
      expect(event.outcome).toBe(outcome)
      expect(balances(b.ledger.snapshot())).toBe(true)
    }
  })

  it('shares one deadline with the wait for room', () => {
    const b = createBench()
    for (const one of some('a', 5)) b.offer([one], DROP)
    const event = b.offer(some('a', 1), DELIVERED)
    vi.advanceTimersByTime(3000)
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(event.outcome).toBeUndefined()
    expect(b.queue.awaited).toBe(1)
    vi.advanceTimersByTime(1500)
    expect(event.outcome).toBe('late')
  })

  it('counts against the bound of waiting calls', () => {
    const b = createBench({ maxWaiters: 2 })
    b.offer(some('a', 1), DELIVERED)
    b.offer(some('a', 1), DELIVERED)
    expect(b.offer(some('a', 1), DELIVERED).outcome).toBe('overloaded')
    expect(b.ledger.snapshot().records).toBe(2)
    expect(b.queue.records).toBe(2)
  })

  it('waits no more once the breaker is open, and again when Kafka acknowledges', () => {
    const b = createBench({ maxRecords: 100 })
    const waits = Array.from({ length: 10 }, () => b.offer(some('a', 1), DELIVERED))
    const rejecting = b.offer(some('a', 1), options({ reply: 'delivered', onTimeout: 'reject' }, 60_000))
    vi.advanceTimersByTime(4500)
    expect(waits.every((end) => end.outcome === 'late')).toBe(true)
    expect(rejecting.outcome).toBe('rejected')
    expect(b.queue.breakerOpen).toBe(true)
    expect(b.offer(some('a', 1), DELIVERED).outcome).toBe('late')
    expect(b.offer(some('a', 1), OR_REJECT).outcome).toBe('rejected')
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(b.offer(some('a', 1), DELIVERED).outcome).toBeUndefined()
  })

  it('lets one event try when the breaker is open and nothing else is on its way', () => {
    const b = createBench({ maxRecords: 100 })
    for (let i = 0; i < 10; i++) b.offer(some('a', 1), OR_REJECT)
    vi.advanceTimersByTime(4500)
    expect([b.queue.breakerOpen, b.queue.records]).toEqual([true, 0])
    const trial = b.offer(some('a', 1), OR_REJECT)
    expect(trial.outcome).toBeUndefined()
    expect(b.offer(some('a', 1), OR_REJECT).outcome).toBe('rejected')
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(trial.outcome).toBe('delivered')
    expect(b.queue.breakerOpen).toBe(false)
  })
})

describe('overflow', () => {
  it('reject rejects at once', () => {
    const b = createBench()
    for (const one of some('a', 5)) b.offer([one], DROP)
    expect(b.offer(some('a', 1), options({ overflow: 'reject' })).outcome).toBe('rejected')
    expect(b.ledger.snapshot().dropped.rejected).toBe(1)
  })

  it('wait with on_timeout reject rejects when the wait for room is over', () => {
    const b = createBench()
    for (const one of some('a', 5)) b.offer([one], DROP)
    const end = b.offer(some('a', 1), options({ onTimeout: 'reject' }))
    vi.advanceTimersByTime(4500)
    expect(end.outcome).toBe('rejected')
  })

  it('reject also rejects what would never fit', () => {
    const b = createBench({ maxBytes: 1000 })
    expect(b.offer([record('a', 'k', Buffer.alloc(900))], options({ overflow: 'reject' })).outcome).toBe(
      'rejected',
    )
  })

  it('drop-oldest drops the oldest that waits, of the same or a lower priority, and none that a reply awaits', () => {
    const b = createBench({ maxRecords: 12 })
    const oldest = options({ overflow: 'drop-oldest' })
    const [flying, awaited, high, low, lower] = [
      record('a', 'k', 'flying', { policy: { priority: 'low' } }),
      record('a', 'k', 'awaited', { policy: { priority: 'low' } }),
      record('a', 'k', 'high'),
      record('a', 'k', 'low', { policy: { priority: 'low' } }),
      record('a', 'k', 'lower', { policy: { priority: 'low' } }),
    ] as [KafkaRecord, KafkaRecord, KafkaRecord, KafkaRecord, KafkaRecord]
    b.offer([flying], DROP)
    b.lane('a').take(1, 1e9)
    b.offer([awaited], options({ reply: 'delivered' }))
    for (const one of [high, low, lower]) b.offer([one], DROP)
    b.offer([record('a', 'k', 'filler', { policy: { priority: 'low' } })], DROP)

    const newLow = record('a', 'k', 'new low', { policy: { priority: 'low' } })
    expect(b.offer([newLow], oldest).outcome).toBe('queued')
    expect(b.queue.peek(10)).not.toContain(low)
    expect(b.queue.peek(10)).toContain(high)
    const newHigh = record('a', 'k', 'new high')
    expect(b.offer([newHigh], oldest).outcome).toBe('queued')
    expect(b.queue.peek(10)).not.toContain(high)
    expect(b.queue.peek(10)).toEqual(expect.arrayContaining([flying, awaited, lower, newLow, newHigh]))
    expect(b.ledger.snapshot().dropped.evicted).toBe(2)
    expect(balances(b.ledger.snapshot())).toBe(true)
  })

  it('drop-oldest drops the new one when nothing may go', () => {
    const b = createBench()
    for (const one of some('a', 5)) b.offer([one], DROP)
    const low = record('a', 'k', 'low', { policy: { priority: 'low' } })
    expect(b.offer([low], options({ overflow: 'drop-oldest' })).outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped).toMatchObject({ queue_full: 1, evicted: 0 })
  })
})

describe('priority', () => {
  it.each([
    ['low', 70],
    ['normal', 85],
    ['high', 100],
  ] as const)('%s finds the queue full at %i %% of its records', (priority, full) => {
    const b = createBench({ maxRecords: 100, laneShare: 1 })
    let taken = 0
    while (b.offer([record('a', 'k', 'v', { policy: { priority } })], DROP).outcome === 'queued') taken++
    expect(taken).toBe(full)
  })

  it('counts in bytes as well', () => {
    const low = record('a', 'k', Buffer.alloc(100), { policy: { priority: 'low' } })
    const b = createBench({ maxRecords: 1000, laneShare: 1, maxBytes: low.bytes * 10 })
    let taken = 0
    while (b.offer([low], DROP).outcome === 'queued') taken++
    expect(taken).toBe(7)
  })
})

describe('whatever comes', () => {
  it('every call ends once, bounds hold, the ledger balances, and a delivered one is delivered', () => {
    const policy = fc.record({
      reply: fc.constantFrom('queued', 'delivered'),
      onTimeout: fc.constantFrom('accept', 'reject'),
      overflow: fc.constantFrom('wait', 'drop-newest', 'drop-oldest', 'reject'),
      priority: fc.constantFrom('low', 'normal', 'high'),
    } as const)
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('offer' as const),
        topics: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }),
        policy,
      }),
      fc.record({ kind: fc.constant('take' as const), topic: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('land' as const), delivered: fc.boolean() }),
      fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const b = createBench({ maxRecords: 12, maxWaiters: 6 })
        const calls: { readonly records: readonly KafkaRecord[]; readonly end: End }[] = []
        const flights: { readonly topic: string; readonly records: KafkaRecord[] }[] = []
        const delivered = new Set<KafkaRecord>()
        for (const s of steps) {
          if (s.kind === 'offer') {
            const records = s.topics.map((topic) => record(topic, 'k', 'v', { policy: s.policy }))
            calls.push({ records, end: b.offer(records, options(s.policy)) })
          } else if (s.kind === 'take') {
            const lane = [...b.queue.lanes()].find(({ topic }) => topic === s.topic)
            if (lane && lane.waitingRecords > 0) flights.push({ topic: s.topic, records: lane.take(3, 1e9) })
          } else if (s.kind === 'land') {
            const flight = flights.shift()
            if (flight === undefined) continue
            if (s.delivered) for (const one of flight.records) delivered.add(one)
            if (s.delivered) b.lane(flight.topic).deliver(flight.records)
            else for (const one of flight.records) b.lane(flight.topic).drop([one], 'record_invalid')
          } else {
            vi.advanceTimersByTime(s.ms)
          }
          expect(b.queue.records).toBeLessThanOrEqual(12)
          expect(b.queue.waiters + b.queue.awaited).toBeLessThanOrEqual(6)
          expect(balances(b.ledger.snapshot())).toBe(true)
          for (const { records, end } of calls) {
            if (end.outcome === 'delivered') expect(records.every((one) => delivered.has(one))).toBe(true)
          }
        }
        vi.advanceTimersByTime(20_000)
        for (const { end } of calls) expect(end.outcome).toBeDefined()
        expect([b.queue.waiters, b.queue.awaited]).toEqual([0, 0])
        for (const lane of b.queue.lanes()) expect(lane.waitingRecords).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 400 },
    )
  })
})
