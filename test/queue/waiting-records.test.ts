import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWaitingRecords } from '../../src/queue/waiting-records.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { createPretendDisk } from '../support/pretend-disk.ts'
import { record } from '../support/records.ts'

const MEMORY = 5

function bench(originals: ReadonlyMap<number, KafkaRecord> = new Map()) {
  const disk = createPretendDisk()
  let inMemory = 0
  let missing = 0
  const waiting = createWaitingRecords('t', {
    disk,
    hasMemory: () => inMemory < MEMORY,
    onLoaded: (records) => {
      inMemory += records
    },
    onMissing: (records) => {
      missing += records
    },
    original: (seq) => originals.get(seq),
  })
  let next = 0
  return {
    disk,
    waiting,
    get missing() {
      return missing
    },
    get inMemory() {
      return inMemory
    },
    /** Pushes a numbered record, on disk too while the disk accepts. */
    push(): KafkaRecord {
      const one = record('t', 'k', String(next++))
      if (disk.accepts) disk.append([one])
      else inMemory++
      waiting.push(one)
      return one
    },
    take(count: number): readonly KafkaRecord[] {
      const batch = waiting.take(count, 1e9)
      inMemory -= batch.length
      disk.done(batch)
      return batch
    },
    withdraw(one: KafkaRecord): void {
      if (waiting.withdraw(one)) inMemory--
      disk.done([one])
    },
  }
}

const numbers = (records: readonly KafkaRecord[]): readonly number[] =>
  records.map(({ value }) => Number(value.toString()))

describe('records that wait', () => {
  it('leave memory when there is none left, and come back in order', async () => {
    const b = bench()
    for (let i = 0; i < 20; i++) b.push()
    expect(b.inMemory).toBe(MEMORY)
    expect(b.waiting.records).toBe(20)
    const out: number[] = []
    while (b.waiting.records > 0) {
      await b.waiting.load()
      out.push(...numbers(b.take(3)))
    }
    expect(out).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('are given up, counted, when the log no longer has them', async () => {
    const b = bench()
    const all = Array.from({ length: 12 }, () => b.push())
    b.disk.done(all)
    b.take(MEMORY)
    await b.waiting.load()
    expect([b.waiting.records, b.missing, b.waiting.ready]).toEqual([0, 12 - MEMORY, false])
  })

  it('stay where they are while the disk does not give them', async () => {
    const b = bench()
    for (let i = 0; i < 10; i++) b.push()
    b.disk.onRead = () => {
      throw new Error('EIO')
    }
    b.take(MEMORY)
    await expect(b.waiting.load()).rejects.toThrow('EIO')
    b.disk.onRead = () => {}
    await b.waiting.load()
    expect(numbers(b.take(10))).toEqual([5, 6, 7, 8, 9])
  })

  it('come back as the very record that a call waits for', async () => {
    const originals = new Map<number, KafkaRecord>()
    const b = bench(originals)
    const all = Array.from({ length: 8 }, () => b.push())
    const awaited = all[6] as KafkaRecord
    originals.set(awaited.seq, awaited)
    b.take(MEMORY)
    await b.waiting.load()
    const rest = b.take(10)
    expect(rest[1]).toBe(awaited)
    expect(rest[0]).not.toBe(all[5])
  })

  it('of an earlier life come before what is pushed afterwards', async () => {
    const b = bench()
    b.disk.append([record('t', 'k', '100'), record('t', 'k', '101')])
    b.waiting.adopt(2, 200, 2)
    b.push()
    await b.waiting.load()
    expect(numbers(b.take(10))).toEqual([100, 101, 0])
  })

  const op = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 8 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 6 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('load' as const), count: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('withdraw' as const), count: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('disk' as const), count: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.constant(0) }) },
  )

  it('are what a plain list would hold, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 60 }), async (ops) => {
        const b = bench()
        let model: KafkaRecord[] = []
        let loading: Promise<void> = Promise.resolve()
        const takeSome = (count: number): number => {
          const batch = b.take(count)
          expect(numbers(batch)).toEqual(numbers(model.slice(0, batch.length)))
          model = model.slice(batch.length)
          return batch.length
        }
        for (const { do: what, count } of ops) {
          if (what === 'push') for (let i = 0; i < count; i++) model.push(b.push())
          else if (what === 'take') takeSome(count)
          else if (what === 'load') loading = b.waiting.load()
          else if (what === 'turn') await loading
          else if (what === 'disk') b.disk.accepts = !b.disk.accepts
          else if (model.length > 0) {
            const [one] = model.splice(count % model.length, 1) as [KafkaRecord]
            // The queue withdraws what it holds: once loaded, that is the object that came from disk.
            const held = b.waiting.head(1000).find(({ value }) => value.equals(one.value))
            b.withdraw(held ?? one)
          }
          expect(b.waiting.records).toBe(model.length)
          expect(b.waiting.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0))
        }
        await loading
        while (b.waiting.records > 0) {
          await b.waiting.load()
          expect(takeSome(4)).toBeGreaterThan(0)
        }
        expect([b.missing, b.inMemory, model.length, b.disk.kept.length]).toEqual([0, 0, 0, 0])
      }),
      { numRuns: 500 },
    )
  })
})
