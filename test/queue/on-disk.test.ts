import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Lane } from '../../src/queue/lane.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { createPretendDisk } from '../support/pretend-disk.ts'
import { record } from '../support/records.ts'
import { createBench, DROP, type End, options, some } from './bench.ts'

const STORED = options({ reply: 'stored' })
const STORED_OR_REJECT = options({ reply: 'stored', onTimeout: 'reject' })
const DELIVERED = options({ reply: 'delivered' })

/** A queue that holds 10 records in memory (5 a lane) and more on a disk that says so when `sync` is called. */
function createDiskBench(capacity = 1e9) {
  const disk = createPretendDisk()
  disk.capacity = capacity
  const b = createBench({}, disk)
  return {
    ...b,
    disk,
    sync(): void {
      disk.storedSeq = disk.kept.at(-1)?.seq ?? disk.storedSeq
      b.queue.stored(disk.storedSeq)
    },
    async drain(topic: string): Promise<readonly KafkaRecord[]> {
      const lane = b.lane(topic)
      const all: KafkaRecord[] = []
      while (lane.waitingRecords > 0) {
        await lane.load()
        const batch = lane.take(3, 1e9)
        lane.deliver(batch)
        all.push(...batch)
      }
      return all
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a reply that waits for the disk', () => {
  it('goes out when the disk has all records of the event', () => {
    const b = createDiskBench()
    const event = b.offer([...some('a', 1), ...some('b', 1)], STORED)
    expect(event.outcome).toBeUndefined()
    expect(b.queue.awaited).toBe(1)
    b.queue.stored(1)
    expect(event.outcome).toBeUndefined()
    b.queue.stored(2)
    expect(event.outcome).toBe('stored')
    expect(b.queue.awaited).toBe(0)
  })

  it('goes out, too, when Kafka is quicker than the disk', () => {
    const b = createDiskBench()
    const event = b.offer(some('a', 1), STORED)
    b.lane('a').deliver(b.lane('a').take(1, 1e9))
    expect(event.outcome).toBe('delivered')
    expect(b.disk.kept).toEqual([])
  })

  it('is late at its deadline, or rejects and takes the record back, from the disk too', () => {
    const b = createDiskBench()
    const late = b.offer(some('a', 1), STORED)
    const rejected = b.offer(some('a', 1), STORED_OR_REJECT)
    vi.advanceTimersByTime(4500)
    expect([late.outcome, rejected.outcome]).toEqual(['late', 'rejected'])
    expect(b.disk.kept).toHaveLength(1)
    expect(b.ledger.snapshot()).toMatchObject({ queued: 1, dropped: { rejected: 1 } })
  })

  it('is not waited for when ten in a row were in vain, until the disk stores again', () => {
    const b = createDiskBench()
    const ends: End[] = []
    for (let i = 0; i < 10; i++) ends.push(b.offer(some(`t${i}`, 1), STORED))
    const eleventh = b.offer(some('x', 1), { ...STORED, waitMs: 60_000 })
    vi.advanceTimersByTime(4500)
    expect([b.queue.diskBreakerOpen, b.queue.breakerOpen]).toEqual([true, false])
    expect(eleventh.outcome).toBe('late')
    expect(b.offer(some('y', 1), STORED).outcome).toBe('late')
    b.sync()
    expect(b.queue.diskBreakerOpen).toBe(false)
    expect(b.offer(some('z', 1), STORED).outcome).toBeUndefined()
  })

  it('is not waited for where the disk takes nothing', () => {
    const b = createDiskBench()
    b.disk.accepts = false
    expect(b.offer(some('a', 1), STORED).outcome).toBe('late')
    expect(b.offer(some('a', 1), STORED_OR_REJECT).outcome).toBe('rejected')
    expect(b.ledger.snapshot()).toMatchObject({ queued: 1, dropped: { rejected: 1 } })
  })
})

describe('room on disk', () => {
  it('is what bounds the queue; memory holds a window', async () => {
    const b = createDiskBench()
    for (let i = 0; i < 100; i++) expect(b.offer([record('a', 'k', String(i))], DROP).outcome).toBe('queued')
    expect(b.queue).toMatchObject({ records: 100, memoryRecords: 5 })
    const out = (await b.drain('a')).map(({ value }) => Number(value.toString()))
    expect(out).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(b.queue).toMatchObject({ records: 0, bytes: 0, memoryRecords: 0, memoryBytes: 0 })
    expect(b.disk.kept).toEqual([])
  })

  it('has a share for each lane, and less for one that Kafka refuses', () => {
    const one = record('a', 'k', 'v').bytes
    const b = createDiskBench(one * 40)
    const fits = (topic: string): number => {
      let count = 0
      while (b.offer([record(topic, 'k', 'v')], DROP).outcome === 'queued') count++
      return count
    }
    expect(fits('a')).toBe(20)
    b.offer([record('b', 'k', 'v')], DROP)
    b.lane('b').healthy = false
    expect(fits('b')).toBe(3)
  })

  it('is not had while too much is on its way to the disk, and is given in turn when it has arrived', () => {
    const b = createDiskBench()
    b.disk.unsyncedBytes = 1_000_000
    const waits = [b.offer(some('a', 1)), b.offer(some('a', 1))]
    expect(b.offer(some('b', 1), DROP).outcome).toBe('dropped')
    expect(b.queue.waiters).toBe(2)
    b.disk.unsyncedBytes = 0
    b.sync()
    expect(waits.map(({ outcome }) => outcome)).toEqual(['queued', 'queued'])
  })

  it('is that of memory while the disk takes nothing', () => {
    const b = createDiskBench()
    b.offer(some('a', 1), DROP)
    b.disk.accepts = false
    for (let i = 0; i < 4; i++) expect(b.offer(some('a', 1), DROP).outcome).toBe('queued')
    expect(b.offer(some('a', 1), DROP).outcome).toBe('dropped')
    const waiting = b.offer(some('a', 1))
    b.disk.accepts = true
    b.queue.diskChanged()
    expect(waiting.outcome).toBe('queued')
  })
})

describe('what a call waits for', () => {
  it('is found though it left memory meanwhile', async () => {
    const b = createDiskBench()
    for (let i = 0; i < 8; i++) b.offer(some('a', 1), DROP)
    const event = b.offer(some('a', 1), { ...DELIVERED, waitMs: 1e6 })
    expect(b.queue.memoryRecords).toBe(5)
    await b.drain('a')
    expect(event.outcome).toBe('delivered')
  })

  it('is taken back though it left memory meanwhile', async () => {
    const b = createDiskBench()
    for (let i = 0; i < 8; i++) b.offer(some('a', 1), DROP)
    const event = b.offer(some('a', 1), options({ reply: 'delivered', onTimeout: 'reject' }))
    vi.advanceTimersByTime(4500)
    expect(event.outcome).toBe('rejected')
    expect(await b.drain('a')).toHaveLength(8)
    expect(balances(b.ledger.snapshot())).toBe(true)
  })
})

describe('what an earlier life left', () => {
  it('is counted as recovered, and is sent first', async () => {
    const b = createDiskBench()
    b.disk.append([record('a', 'k', 'old'), record('b', 'k', 'old')])
    b.queue.recover(
      {
        lanes: [
          { topic: 'a', records: 1, bytes: 100 },
          { topic: 'b', records: 1, bytes: 100 },
        ],
        records: 2,
        tornBytes: 0,
        damagedFiles: [],
        unreadableRecords: 0,
      },
      2,
    )
    b.offer([record('a', 'k', 'new')], DROP)
    expect(b.ledger.snapshot()).toMatchObject({ recovered: 2, records: 1, queued: 3 })
    expect((await b.drain('a')).map(({ value }) => value.toString())).toEqual(['old', 'new'])
    expect(b.ledger.snapshot()).toMatchObject({ delivered: 2, queued: 1 })
    expect(balances(b.ledger.snapshot())).toBe(true)
  })

  it('is dropped, counted, when it cannot be read', async () => {
    const b = createDiskBench()
    const lanes = [{ topic: 'a', records: 3, bytes: 300 }]
    b.queue.recover({ lanes, records: 3, tornBytes: 0, damagedFiles: [], unreadableRecords: 0 }, 3)
    b.queue.unreadable('a', 2, 200)
    expect(b.ledger.snapshot()).toMatchObject({ queued: 1, dropped: { disk_unreadable: 2 } })
    await b.drain('a')
    expect(b.ledger.snapshot()).toMatchObject({ queued: 0, dropped: { disk_unreadable: 3 } })
    expect(b.queue.bytes).toBe(0)
  })
})

describe('the end', () => {
  it('gives up what is not on disk, and only that', () => {
    const b = createDiskBench()
    for (let i = 0; i < 8; i++) b.offer(some('a', 1), DROP)
    b.sync()
    b.disk.accepts = false
    b.offer(some('b', 1), DROP)
    b.lane('a').take(3, 1e9)
    expect(b.queue.abandon()).toBe(1)
    expect(b.ledger.snapshot()).toMatchObject({ queued: 8, dropped: { shutdown: 1 } })
    expect(b.disk.kept).toHaveLength(8)
    expect(balances(b.ledger.snapshot())).toBe(true)
  })
})

describe('a dead letter', () => {
  it('takes the place of its record on disk', async () => {
    const b = createDiskBench()
    const [bad] = some('a', 1) as [KafkaRecord]
    b.offer([bad], DROP)
    const lane = b.lane('a')
    lane.take(1, 1e9)
    const letter = { ...record('dead', 'k', 'why'), seq: 0 }
    b.queue.toDeadLetters(lane, bad, letter)
    expect(b.disk.kept).toEqual([letter])
    await b.drain('dead')
    expect(b.disk.kept).toEqual([])
    expect(b.ledger.snapshot()).toMatchObject({ deadLettered: { topic: 1 }, queued: 0 })
    expect(b.queue).toMatchObject({ bytes: 0, memoryBytes: 0, memoryRecords: 0 })
  })
})

describe('whatever comes, with a disk', () => {
  const topic = fc.constantFrom('a', 'b')
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('offer' as const),
        topics: fc.array(topic, { minLength: 1, maxLength: 3 }),
        reply: fc.constantFrom('queued' as const, 'stored' as const, 'delivered' as const),
        onTimeout: fc.constantFrom('accept' as const, 'reject' as const),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        topic,
        max: fc.integer({ min: 1, max: 6 }),
        how: fc.constantFrom('deliver' as const, 'drop' as const, 'letter' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('accepts' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
    },
  )

  const overflows = fc.constantFrom('wait' as const, 'drop-newest' as const, 'drop-oldest' as const)

  it('the ledger balances, order is kept, memory holds a window, and the disk holds what the queue does', async () => {
    await fc.assert(
      // One overflow for all: what drops the oldest stands in no line, so it overtakes other clients' calls that do.
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), overflows, async (steps, overflow) => {
        const b = createDiskBench(20_000)
        const lastOf = new Map<string, number>()
        let serial = 0
        const laneOf = (name: string): Lane | undefined =>
          [...b.queue.lanes()].find((found) => found.topic === name)
        async function send(name: string, max: number, how: 'deliver' | 'drop' | 'letter'): Promise<number> {
          const lane = laneOf(name)
          if (lane === undefined || lane.waitingRecords === 0) return 0
          await lane.load()
          const batch = lane.take(max, 1e9)
          for (const one of batch) {
            const number = Number(one.value.toString())
            if (name !== 'dead') expect(number).toBeGreaterThan(lastOf.get(name) ?? -1)
            lastOf.set(name, number)
          }
          if (how === 'deliver' || name === 'dead') lane.deliver(batch)
          else if (how === 'drop') lane.drop(batch, 'record_invalid')
          else for (const one of batch) b.queue.toDeadLetters(lane, one, record('dead', 'k', '0'))
          return batch.length
        }
        for (const s of steps) {
          if (s.kind === 'offer') {
            const records = s.topics.map((name) => record(name, 'k', String(serial++)))
            b.offer(records, options({ reply: s.reply, onTimeout: s.onTimeout, overflow }))
          } else if (s.kind === 'send') await send(s.topic, s.max, s.how)
          else if (s.kind === 'accepts') {
            b.disk.accepts = !b.disk.accepts
            b.queue.diskChanged()
          } else if (s.kind === 'sync') b.sync()
          else await vi.advanceTimersByTimeAsync(s.ms)
          expect(balances(b.ledger.snapshot())).toBe(true)
          const lanes = [...b.queue.lanes()]
          expect(b.queue.records).toBe(lanes.reduce((sum, lane) => sum + lane.records, 0))
          expect(b.queue.bytes).toBe(lanes.reduce((sum, lane) => sum + lane.bytes, 0))
          expect(b.disk.kept.length).toBeLessThanOrEqual(b.queue.records)
        }
        // What waited for room comes in while others go out.
        while (b.queue.records > 0) for (const name of ['a', 'b', 'dead']) await send(name, 5, 'deliver')
        expect(b.queue).toMatchObject({ records: 0, bytes: 0, memoryRecords: 0, memoryBytes: 0, waiters: 0 })
        expect(b.disk.kept).toEqual([])
        expect(b.ledger.snapshot().dropped.disk_unreadable).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
