import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { createLogBench, type LogBench, readAll, TINY } from './log-bench.ts'
import { createPretendDisk, type PretendDisk, type Random } from './pretend-disk.ts'
import { randomOf } from './random.ts'

const TOPICS = ['stuck', 'quick', 'other']

/** What the model knows of a record that was appended. */
interface Known {
  readonly record: KafkaRecord
  readonly event: readonly KafkaRecord[]
  /** `told`: the log knows that it is done; `kept`: it must remember that. */
  done: 'no' | 'told' | 'kept'
}

type Op =
  | { readonly op: 'append'; readonly topics: readonly number[]; readonly bytes: number }
  | {
      readonly op: 'done'
      readonly topic: number
      readonly part: number
      readonly from: 'front' | 'anywhere'
    }
  | { readonly op: 'read'; readonly topic: number; readonly part: number; readonly limit: number }
  | { readonly op: 'flush' | 'reopen' | 'crash' | 'wait' }

/**
 * Files this small consist of headers and DONE frames to a fifth, and closing writes all that waits. That real ones stay within what is configured is
 * seen in bounds.test.ts; here, that they do not grow without end.
 */
const PEAK_BYTES = 2 * TINY.maxBytes

/** A log on a disk that loses what is not synced, next to a list of what was put in. */
class World {
  readonly disk: PretendDisk = createPretendDisk()
  readonly known = new Map<number, Known>()
  bench: LogBench = createLogBench({}, this.disk.files())
  private counter = 0
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  live(topic: string): KafkaRecord[] {
    return [...this.known.values()]
      .filter(({ record, done }) => done === 'no' && record.topic === topic)
      .map((known) => known.record)
  }

  append(topics: readonly number[], bytes: number): void {
    const event = topics.map((topic) => {
      const value = `${this.counter++} `.padEnd(bytes, 'x')
      return { ...record(TOPICS[topic] as string, 'key', value), rule: 'r' }
    })
    let live = 0
    for (const known of this.known.values()) if (known.done === 'no') live += known.record.bytes
    for (const one of event) live += one.bytes
    // The queue admits no more than three quarters.
    if (live > (TINY.maxBytes * 3) / 4 || !this.bench.log.accepts) return
    this.bench.log.append(event)
    for (const one of event) {
      expect(this.known.has(one.seq)).toBe(false)
      this.known.set(one.seq, { record: one, event, done: 'no' })
    }
  }

  done(topic: string, part: number, from: 'front' | 'anywhere'): void {
    const live = this.live(topic)
    const count = Math.ceil(live.length * part)
    const chosen =
      from === 'front' ? live.slice(0, count) : live.filter(() => this.random(live.length) < count)
    this.bench.log.done(chosen)
    for (const { seq } of chosen) (this.known.get(seq) as Known).done = 'told'
  }

  /** What was done before something was appended and synced, is synced too. */
  async flush(): Promise<void> {
    const told = [...this.known.values()].filter(({ done }) => done === 'told')
    this.append([0], 10)
    if (this.bench.log.unsyncedBytes === 0) return
    await this.bench.log.flush().then(
      () => {
        // What is appended is on disk; what is done goes after it, and may have met the cut.
        if (!this.disk.isCut) for (const known of told) known.done = 'kept'
      },
      () => {},
    )
  }

  async read(topic: string, part: number, limit: number): Promise<void> {
    const live = this.live(topic)
    const after = live[Math.floor(part * live.length) - 1]?.seq ?? 0
    const wanted = live.filter(({ seq }) => seq > after)
    try {
      expect(await readAll(this.bench.log, topic, { afterSeq: after, maxRecords: limit })).toEqual(wanted)
    } catch (error) {
      if (!this.disk.isCut) throw error
    }
  }

  /** The power is gone; the log is opened again, and the power may go once more while it is. */
  async crash(): Promise<void> {
    this.disk.powerCut()
    const stored = this.bench.stored()
    await this.bench.log.close()
    this.disk.powerOn(this.random)
    for (let tries = this.random(3); tries > 0; tries--) {
      const attempt = createLogBench({}, this.disk.files())
      this.disk.cutAt(1 + this.random(6))
      await attempt.log.open().catch(() => {})
      this.disk.powerCut()
      await attempt.log.close()
      this.disk.powerOn(this.random)
    }
    await this.open((known) => known.record.seq <= stored)
  }

  async reopen(): Promise<void> {
    await this.bench.log.close()
    if (this.disk.isCut) return this.crash()
    for (const known of this.known.values()) if (known.done === 'told') known.done = 'kept'
    await this.open(() => true)
  }

  /** Opens the log and compares all that is in it with what must and what may be. */
  private async open(mustBe: (known: Known) => boolean): Promise<void> {
    this.disk.cutAt(Number.POSITIVE_INFINITY)
    this.bench = createLogBench({}, this.disk.files())
    const { log } = this.bench
    const recovery = await log.open()
    expect(recovery).toMatchObject({ damagedFiles: [], unreadableRecords: 0 })
    const found = new Set<number>()
    for (const topic of TOPICS) {
      const all = await readAll(log, topic)
      expect(recovery.lanes.find((lane) => lane.topic === topic) ?? { topic, records: 0, bytes: 0 }).toEqual({
        topic,
        records: all.length,
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      })
      let last = 0
      for (const one of all) {
        expect(one.seq).toBeGreaterThan(last)
        last = one.seq
        expect(one).toEqual(this.known.get(one.seq)?.record)
        found.add(one.seq)
      }
    }
    for (const known of this.known.values()) {
      const { seq } = known.record
      if (known.done === 'kept') expect(found.has(seq), `${seq} was done and synced`).toBe(false)
      if (known.done === 'no' && mustBe(known)) expect(found.has(seq), `${seq} was stored`).toBe(true)
      const isWhole = known.event.every((one) => this.known.get(one.seq)?.done === 'no')
      const there = known.event.filter((one) => found.has(one.seq)).length
      if (isWhole) expect([0, known.event.length]).toContain(there)
    }
    for (const seq of [...this.known.keys()]) {
      const known = this.known.get(seq) as Known
      // What was lost is lost, what is done stays so; a forgotten `done` is told again by whoever reads it.
      if (found.has(seq)) known.done = 'no'
      else if (known.done === 'no' || !mustBe(known)) this.known.delete(seq)
    }
  }

  async run(op: Op): Promise<void> {
    if (op.op === 'append') this.append(op.topics, op.bytes)
    else if (op.op === 'done') this.done(TOPICS[op.topic] as string, op.part, op.from)
    else if (op.op === 'read') await this.read(TOPICS[op.topic] as string, op.part, op.limit)
    else if (op.op === 'flush') await this.flush()
    else if (op.op === 'reopen') await this.reopen()
    else if (op.op === 'crash') await this.crash()
    else await new Promise((resolve) => setTimeout(resolve, 2))
    if (this.disk.isCut) await this.crash()
    expect(this.bench.unreadable).toEqual([])
    expect(this.disk.peakBytes).toBeLessThanOrEqual(PEAK_BYTES)
  }
}

const topicIndex = fc.nat(TOPICS.length - 1)
const part = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10)

const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('append' as const),
      topics: fc.array(fc.constantFrom(0, 1, 1, 1, 1, 2, 2, 2, 2, 2), { minLength: 1, maxLength: 4 }),
      bytes: fc.integer({ min: 8, max: 200 }),
    }),
  },
  // The topic `stuck` is told to be done seldom, so that its records pin the files.
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('done' as const),
      topic: fc.constantFrom(0, 1, 1, 1, 2, 2, 2),
      part,
      from: fc.constantFrom('front' as const, 'anywhere' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('read' as const),
      topic: topicIndex,
      part,
      limit: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('reopen' as const, 'crash' as const) }) },
)

/** A bundle of appends at once, so that few operations make many files. */
const bursts = fc
  .array(fc.tuple(ops, fc.integer({ min: 1, max: 20 })), { minLength: 10, maxLength: 80, size: 'max' })
  .map((list) => list.flatMap(([op, times]) => (op.op === 'append' ? Array<Op>(times).fill(op) : [op])))

describe('against a model', () => {
  test('whatever is done to it, whenever the power is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.nat(200), bursts, async (seed, cutAt, list) => {
        const random = randomOf(seed)
        const world = new World(random)
        await world.bench.log.open()
        world.disk.cutAt(cutAt + 1)
        for (const op of list) {
          await world.run(op)
          if (random(20) === 0) world.disk.cutAt(1 + random(40))
        }
        await world.reopen()
        await world.bench.log.close()
      }),
      { numRuns: 100 },
    )
  })
})
