import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Lane } from '../../src/queue/lane.ts'
import type { OfferOutcome } from '../../src/queue/record-queue.ts'
import { type KafkaRecord, recordBytes } from '../../src/rules/kafka-record.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { record } from '../support/records.ts'
import { type Bench, createBench, DROP, some, WAIT } from './bench.ts'

const fill = (b: Bench, topic: string, count: number): void => {
  for (const one of some(topic, count)) expect(b.offer([one]).outcome).toBe('queued')
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('room', () => {
  it('is taken by records in flight until they are delivered', () => {
    const b = createBench()
    fill(b, 'a', 5)
    const taken = b.lane('a').take(3, 1e9)
    expect(b.offer(some('a', 1), DROP).outcome).toBe('dropped')
    b.lane('a').deliver(taken)
    expect(b.offer(some('a', 1), DROP).outcome).toBe('queued')
    expect(b.ledger.snapshot()).toMatchObject({ records: 7, delivered: 3, queued: 3 })
  })

  it('is bounded for each lane at its share, so that a full lane leaves room for the others', () => {
    const b = createBench()
    fill(b, 'a', 5)
    expect(b.offer(some('a', 1), DROP).outcome).toBe('dropped')
    fill(b, 'b', 5)
    expect(b.offer(some('c', 1), DROP).outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped.queue_full).toBe(2)
  })

  it('is a tenth of the queue for a topic that Kafka refuses', () => {
    const b = createBench({ maxRecords: 100 })
    fill(b, 'bad', 10)
    b.lane('bad').healthy = false
    expect(b.offer(some('bad', 1), DROP).outcome).toBe('dropped')
    b.lane('bad').healthy = true
    expect(b.offer(some('bad', 1), DROP).outcome).toBe('queued')
  })

  it('is bounded in bytes', () => {
    const one = record('a', 'k', Buffer.alloc(300))
    const b = createBench({ maxBytes: one.bytes * 4 })
    expect(b.offer([one], DROP).outcome).toBe('queued')
    expect(b.offer([one], DROP).outcome).toBe('queued')
    expect(b.offer([one], DROP).outcome).toBe('dropped')
    expect(b.queue.bytes).toBe(one.bytes * 2)
  })

  it('is given to all records of an event or to none', () => {
    const b = createBench()
    fill(b, 'a', 5)
    expect(b.offer([...some('b', 2), ...some('a', 1), ...some('c', 1)], DROP).outcome).toBe('dropped')
    expect(b.queue.records).toBe(5)
    expect(b.lane('b').records).toBe(0)
    expect(b.ledger.snapshot().dropped.queue_full).toBe(4)
  })

  it('is refused at once to what would never fit', () => {
    const b = createBench({ maxBytes: 10_000 })
    expect(b.offer([record('a', 'k', Buffer.alloc(6000))]).outcome).toBe('dropped')
    expect(b.offer(some('a', 6)).outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped.larger_than_queue).toBe(7)
    expect(b.queue.waiters).toBe(0)
  })

  it('is there for one record even in the smallest queue', () => {
    const b = createBench({ maxRecords: 1 })
    expect(b.offer(some('a', 1)).outcome).toBe('queued')
  })
})

describe('waiting', () => {
  it('ends in order as room is freed', () => {
    const b = createBench()
    fill(b, 'a', 5)
    const waits = [b.offer(some('a', 1)), b.offer(some('a', 1)), b.offer(some('a', 1))]
    expect(b.queue.waiters).toBe(3)
    b.lane('a').deliver(b.lane('a').take(2, 1e9))
    expect(waits.map((w) => w.outcome)).toEqual(['queued', 'queued', undefined])
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(waits[2]?.outcome).toBe('queued')
    expect(b.queue.waiters).toBe(0)
  })

  it('is not overtaken on the same lane, and does not hold up another lane', () => {
    const b = createBench()
    fill(b, 'a', 4)
    const two = b.offer(some('a', 2))
    expect(two.outcome).toBeUndefined()
    expect(b.offer(some('a', 1)).outcome).toBeUndefined()
    expect(b.offer(some('a', 1), DROP).outcome).toBe('dropped')
    expect(b.offer(some('b', 1)).outcome).toBe('queued')
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(two.outcome).toBe('queued')
  })

  it('ends at its deadline, counted', () => {
    const b = createBench()
    fill(b, 'a', 5)
    const late = b.offer(some('a', 1), { ...WAIT, waitMs: 1000 })
    vi.advanceTimersByTime(999)
    expect(late.outcome).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(late.outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped.wait_timeout).toBe(1)
    b.lane('a').deliver(b.lane('a').take(5, 1e9))
    expect(b.queue.records).toBe(0)
  })

  it.each([0, -100, Number.NaN])('is not begun with a budget of %s ms', (waitMs) => {
    const b = createBench()
    fill(b, 'a', 5)
    expect(b.offer(some('a', 1), { ...WAIT, waitMs }).outcome).toBe('dropped')
  })

  it('is bounded in number and in bytes; above that the call is refused and no record counted', () => {
    const b = createBench({ maxWaiters: 2 })
    fill(b, 'a', 5)
    b.offer(some('a', 1))
    b.offer(some('a', 1))
    expect(b.offer(some('a', 1)).outcome).toBe('overloaded')
    expect(b.ledger.snapshot().records).toBe(5)

    const big = record('a', 'k', Buffer.alloc(400))
    const c = createBench({ maxBytes: big.bytes * 2 })
    expect(c.offer([big]).outcome).toBe('queued')
    c.offer([big])
    c.offer([big])
    expect(c.queue.waiterBytes).toBe(2 * big.bytes)
    expect(c.offer([big]).outcome).toBe('overloaded')
  })
})

describe('the breaker', () => {
  it('opens after ten waits in a row without progress, releases those who wait, and closes by itself', () => {
    const b = createBench()
    fill(b, 'a', 5)
    const patient = b.offer(some('a', 1), { ...WAIT, waitMs: 60_000 })
    for (let i = 0; i < 9; i++) {
      b.offer(some('a', 1))
      vi.advanceTimersByTime(4500)
    }
    expect(b.queue.breakerOpen).toBe(false)
    b.offer(some('a', 1))
    vi.advanceTimersByTime(4500)
    expect(b.queue.breakerOpen).toBe(true)
    expect(patient.outcome).toBe('dropped')
    expect(b.offer(some('a', 1)).outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped).toMatchObject({ wait_timeout: 11, breaker_open: 1 })

    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(b.queue.breakerOpen).toBe(false)
    expect(b.offer(some('a', 1)).outcome).toBe('queued')
    expect(b.offer(some('a', 1)).outcome).toBeUndefined()
    expect(b.lines.map((line) => line.msg)).toEqual([
      'no progress on this Kafka topic: its calls wait no more',
      'Kafka makes no progress: no call waits for it until it acknowledges again',
      'Kafka acknowledges again: calls may wait for it once more',
    ])
  })

  it('stays closed while Kafka makes progress between the waits', () => {
    const b = createBench()
    fill(b, 'a', 5)
    for (let i = 0; i < 30; i++) {
      b.offer(some('a', 2))
      vi.advanceTimersByTime(4500)
      b.lane('a').deliver(b.lane('a').take(1, 1e9))
      fill(b, 'a', 1)
    }
    expect(b.queue.breakerOpen).toBe(false)
  })

  it('opens for one topic alone when only that one makes no progress', () => {
    const b = createBench()
    fill(b, 'stuck', 5)
    for (let i = 0; i < 10; i++) {
      b.offer(some('stuck', 1))
      vi.advanceTimersByTime(4500)
      fill(b, 'fine', 1)
      b.lane('fine').deliver(b.lane('fine').take(1, 1e9))
    }
    expect(b.queue.breakerOpen).toBe(false)
    expect(b.offer(some('stuck', 1)).outcome).toBe('dropped')
    expect(b.ledger.snapshot().dropped.breaker_open).toBe(1)
    fill(b, 'fine', 5)
    expect(b.offer(some('fine', 1)).outcome).toBeUndefined()
  })
})

describe('a lane', () => {
  it('gives batches in order, bounded by records and bytes, with at least one record', () => {
    const b = createBench({ maxRecords: 100 })
    const records = some('a', 10)
    for (const one of records) b.offer([one])
    expect(b.lane('a').take(3, 1e9)).toEqual(records.slice(0, 3))
    const size = records[3]?.bytes ?? 0
    expect(b.lane('a').take(100, size * 2)).toEqual(records.slice(3, 5))
    expect(b.lane('a').take(100, 1)).toEqual(records.slice(5, 6))
  })

  it('shows its oldest records, in flight or not', () => {
    const b = createBench({ maxRecords: 100 })
    const records = some('a', 10)
    for (const one of records) b.offer([one])
    const flying = b.lane('a').take(3, 1e9)
    expect(b.queue.peek(5)).toEqual(records.slice(0, 5))
    b.lane('a').deliver(flying.slice(0, 2))
    expect(b.queue.peek(2)).toEqual(records.slice(2, 4))
    b.lane('a').deliver(flying.slice(2))
    expect(b.queue.peek(100)).toEqual(records.slice(3))
  })

  it('that is abandoned counts all it held, and ignores what is said later', () => {
    const b = createBench()
    fill(b, 'a', 4)
    const flying = b.lane('a').take(2, 1e9)
    b.lane('a').abandon('shutdown', 0)
    b.lane('a').deliver(flying)
    expect(b.ledger.snapshot()).toMatchObject({
      records: 4,
      delivered: 0,
      queued: 0,
      dropped: { shutdown: 4 },
    })
    expect(balances(b.ledger.snapshot())).toBe(true)
  })
})

describe('recordBytes', () => {
  it('counts every part of a record', () => {
    const bytes = recordBytes({
      topic: 'abc',
      key: Buffer.from('k'),
      value: Buffer.from('vv'),
      headers: { hé: 'é' },
    })
    expect(bytes).toBeGreaterThanOrEqual(3 + 1 + 2 + 2 + 2)
  })
})

describe('whatever comes', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('offer' as const),
      topics: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }),
      size: fc.integer({ min: 0, max: 400 }),
      wait: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('take' as const),
      topic: fc.constantFrom('a', 'b', 'c'),
      max: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ kind: fc.constant('end' as const), delivered: fc.boolean() }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({
      kind: fc.constant('health' as const),
      topic: fc.constantFrom('a', 'b', 'c'),
      healthy: fc.boolean(),
    }),
  )

  it('the bounds hold, the ledger balances, order is kept, events are whole and every call ends once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const maxBytes = 4000
        const b = createBench({ maxRecords: 12, maxBytes, maxWaiters: 5 })
        const offers: {
          readonly records: readonly KafkaRecord[]
          readonly end: { outcome: OfferOutcome | undefined }
        }[] = []
        const inFlight: { readonly lane: Lane; readonly records: KafkaRecord[] }[] = []
        const out = new Set<KafkaRecord>()
        const taken: Record<string, number[]> = { a: [], b: [], c: [] }
        let serial = 0
        for (const s of steps) {
          if (s.kind === 'offer') {
            serial++
            const records = s.topics.map((t) => record(t, 'k', String(serial).padEnd(s.size)))
            offers.push({ records, end: b.offer(records, s.wait ? WAIT : DROP) })
          } else if (s.kind === 'take') {
            const lane = [...b.queue.lanes()].find((found) => found.topic === s.topic)
            const records = lane?.take(s.max, 1000) ?? []
            for (const one of records) {
              out.add(one)
              taken[s.topic]?.push(Number(one.value.toString()))
            }
            if (lane && records.length > 0) inFlight.push({ lane, records })
          } else if (s.kind === 'end') {
            const batch = inFlight.shift()
            if (s.delivered) batch?.lane.deliver(batch.records)
            else batch?.lane.drop(batch.records, 'record_invalid')
          } else if (s.kind === 'time') {
            vi.advanceTimersByTime(s.ms)
          } else {
            const lane = [...b.queue.lanes()].find((found) => found.topic === s.topic)
            if (lane) lane.healthy = s.healthy
          }
          expect(b.queue.records).toBeLessThanOrEqual(12)
          expect(b.queue.bytes).toBeLessThanOrEqual(maxBytes)
          expect(b.queue.waiters).toBeLessThanOrEqual(5)
          expect(b.queue.waiterBytes).toBeLessThanOrEqual(maxBytes)
          expect(balances(b.ledger.snapshot())).toBe(true)
          const lanes = [...b.queue.lanes()]
          expect(b.queue.records).toBe(lanes.reduce((sum, lane) => sum + lane.records, 0))
          expect(b.queue.bytes).toBe(lanes.reduce((sum, lane) => sum + lane.bytes, 0))
        }
        vi.advanceTimersByTime(10_000)
        for (const lane of b.queue.lanes()) for (const one of lane.take(1e6, 1e9)) out.add(one)
        for (const { records, end } of offers) {
          expect(end.outcome).toBeDefined()
          expect(records.every((one) => out.has(one))).toBe(end.outcome === 'queued')
          expect(records.some((one) => out.has(one))).toBe(end.outcome === 'queued')
        }
      }),
      { numRuns: 300 },
    )
  })

  it('one client that waits for each answer keeps its order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 60 }), (takes) => {
        const b = createBench({ maxRecords: 6 })
        const order: number[] = []
        let next = 0
        let pending = b.offer([record('a', 'k', String(next++))])
        for (const max of takes) {
          for (let i = 0; i < 4 && pending.outcome !== undefined; i++)
            pending = b.offer([record('a', 'k', String(next++))])
          const batch = b.lane('a').take(max, 1e9)
          order.push(...batch.map((one) => Number(one.value.toString())))
          b.lane('a').deliver(batch)
        }
        expect(order).toEqual(order.toSorted((x, y) => x - y))
      }),
    )
  })
})

describe('an event of a full lane and of one with room', () => {
  const both = () => [...some('bad', 1), ...some('good', 1)]

  it('waits without holding up the lane that has room', () => {
    const b = createBench()
    fill(b, 'bad', 5)
    const event = b.offer(both())
    expect(event.outcome).toBeUndefined()
    expect(b.offer(some('good', 1)).outcome).toBe('queued')
    expect(b.offer(some('good', 1), DROP).outcome).toBe('queued')
    expect(b.offer(some('bad', 1), DROP).outcome).toBe('dropped')
    b.lane('bad').deliver(b.lane('bad').take(1, 1e9))
    expect(event.outcome).toBe('queued')
  })

  it('opens the breaker of the full lane only, when Kafka refuses that one', () => {
    const b = createBench({ maxRecords: 50 })
    fill(b, 'bad', 5)
    b.lane('bad').healthy = false
    for (let i = 0; i < 10; i++) {
      b.offer(both())
      vi.advanceTimersByTime(4500)
    }
    expect(b.queue.breakerOpen).toBe(false)
    expect(b.lane('bad').breakerOpen).toBe(true)
    expect(b.lane('good').breakerOpen).toBe(false)
    expect(b.offer(both()).outcome).toBe('dropped')
    fill(b, 'good', 25)
    expect(b.offer(some('good', 1)).outcome).toBeUndefined()
  })

  it('lets those behind it go when it gives up', () => {
    const b = createBench()
    fill(b, 'a', 4)
    const large = b.offer(some('a', 2), { ...WAIT, waitMs: 1000 })
    const small = b.offer(some('a', 1), { ...WAIT, waitMs: 4000 })
    expect(small.outcome).toBeUndefined()
    vi.advanceTimersByTime(1001)
    expect([large.outcome, small.outcome]).toEqual(['dropped', 'queued'])
  })
})
