import type { KafkaRecord } from '../rules/kafka-record.ts'
import { createFifo } from './fifo.ts'

/** What a reply waits for: that all records are on disk (or in Kafka already), or that all are in Kafka. */
export type Goal = 'stored' | 'delivered'

/** How a wait ended: all records on disk; all acknowledged by Kafka; one given up; or the time was up. */
export type AwaitEnd = Goal | 'lost' | 'expired'

/** The hook calls that are answered only when the disk, or Kafka, has their records. */
export interface Awaited {
  /** Calls that wait. */
  readonly length: number
  /** Whether a reply waits for this record. */
  has(record: KafkaRecord): boolean
  /** The record with this number, if a reply waits for it. */
  original(seq: number): KafkaRecord | undefined
  /**
   * The records are in the queue, and have their numbers if they are to be on disk. `end` is told which of them have
   * neither been acknowledged nor been given up, and how many have been acknowledged.
   */
  add(
    records: readonly KafkaRecord[],
    goal: Goal,
    waitMs: number,
    end: (how: AwaitEnd, open: readonly KafkaRecord[], acknowledged: number) => void,
  ): void
  /** These records were acknowledged, or given up. */
  settled(records: readonly KafkaRecord[], how: 'delivered' | 'lost'): void
  /** The records up to this number are on disk. */
  stored(seq: number): void
  /** Ends the waits that `which` picks as expired. */
  expire(which: (records: readonly KafkaRecord[], goal: Goal) => boolean): void
}

interface Call {
  readonly records: readonly KafkaRecord[]
  readonly goal: Goal
  /** The number of its last record. */
  readonly lastSeq: number
  readonly end: (how: AwaitEnd, open: readonly KafkaRecord[], acknowledged: number) => void
  readonly timer: NodeJS.Timeout
  open: readonly KafkaRecord[]
  acknowledged: number
}

export function createAwaited(): Awaited {
  const calls = new Set<Call>()
  const byRecord = new Map<KafkaRecord, Call>()
  const bySeq = new Map<number, KafkaRecord>()
  // In the order of their numbers; those that have ended otherwise are still among them.
  const forDisk = createFifo<Call>()

  function finish(call: Call, how: AwaitEnd): void {
    if (!calls.delete(call)) return
    clearTimeout(call.timer)
    for (const record of call.records) {
      byRecord.delete(record)
      bySeq.delete(record.seq)
    }
    call.end(how, call.open, call.acknowledged)
  }

  return {
    get length() {
      return calls.size
    },
    has: (record) => byRecord.has(record),
    original: (seq) => bySeq.get(seq),
    add(records, goal, waitMs, end) {
      const timer = setTimeout(() => finish(call, 'expired'), waitMs)
      const lastSeq = records.at(-1)?.seq ?? 0
      const call: Call = { records, goal, lastSeq, end, timer, open: records, acknowledged: 0 }
      calls.add(call)
      for (const record of records) {
        byRecord.set(record, call)
        if (record.seq > 0) bySeq.set(record.seq, record)
      }
      if (goal === 'stored') forDisk.push(call)
    },
    settled(records, how) {
      if (calls.size === 0) return
      const touched = new Set<Call>()
      for (const record of records) {
        const call = byRecord.get(record)
        if (call === undefined) continue
        call.open = call.open.length === 1 ? [] : call.open.filter((other) => other !== record)
        if (how === 'delivered') call.acknowledged++
        touched.add(call)
      }
      // Only now: what ends a call looks at all of its records that are still open.
      for (const call of touched) if (how === 'lost' || call.open.length === 0) finish(call, how)
    },
    stored(seq) {
      for (let call = forDisk.peek(); call !== undefined && call.lastSeq <= seq; call = forDisk.peek()) {
        forDisk.shift()
        finish(call, 'stored')
      }
    },
    expire(which) {
      for (const call of [...calls]) if (which(call.records, call.goal)) finish(call, 'expired')
    },
  }
}
