import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason } from '../telemetry/ledger.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { createFifo } from './fifo.ts'

/**
 * The records bound for one Kafka topic, in order. A record counts against the bounds from the moment room is
 * reserved for it until it is delivered or dropped, so while it is in flight, too.
 */
export interface Lane {
  /** The Kafka topic. */
  readonly topic: string
  /** Records and bytes in the lane, in flight included. */
  readonly records: number
  readonly bytes: number
  /** Records and bytes not yet taken for sending. */
  readonly waitingRecords: number
  readonly waitingBytes: number
  /** False while Kafka refuses the topic itself: the lane may then hold less. */
  healthy: boolean
  /** True while no call waits for this lane because waiting for it has proved useless. */
  readonly breakerOpen: boolean
  /**
   * Takes records from the front for one batch, at least one when any waits: up to `maxRecords` and `maxBytes`.
   * They stay on the account until `deliver` or `drop`.
   */
  take(maxRecords: number, maxBytes: number): KafkaRecord[]
  /** Kafka has acknowledged these taken records: their room is free. */
  deliver(records: readonly KafkaRecord[]): void
  /** These taken records are given up, counted with the reason: their room is free. */
  drop(records: readonly KafkaRecord[], reason: DropReason): void
  /** This record in flight is kept elsewhere and counted there: its room is free. */
  discharge(record: KafkaRecord): void
  /** This record in flight leaves the lane for the dead letters: nothing is counted, no room is freed. */
  surrender(record: KafkaRecord): void
  /** Gives up every record of the lane, in flight included, for good: what is told later of any of them is ignored. */
  abandon(reason: DropReason): void
  /** Up to `count` of the oldest records, those in flight included, to look at. */
  peek(count: number): readonly KafkaRecord[]
}

/** The side of a lane that only the queue uses. */
export interface OwnedLane extends Lane {
  reserve(bytes: number): void
  unreserve(bytes: number): void
  push(record: KafkaRecord): void
  /** Whether a record of this lane has been taken for sending. */
  isInFlight(record: KafkaRecord): boolean
  /** Takes a record that waits out of the lane, counted with the reason. */
  withdraw(record: KafkaRecord, reason: DropReason): void
  /** The oldest record that waits and that `test` takes; only the front of a long lane is searched. */
  findWaiting(test: (record: KafkaRecord) => boolean): KafkaRecord | undefined
  /** Calls held up because this lane, or the queue with it, is full. */
  waiters: number
  /** Of this lane alone: a topic that Kafka refuses holds nobody up while the others make progress. */
  readonly breaker: Breaker
}

export interface LaneDeps {
  /** Told after records left the account, with how many records and bytes. */
  readonly onFreed: (records: number, bytes: number) => void
  /** Counts the records; called before `onFreed` in the same step. */
  readonly onDelivered: (records: readonly KafkaRecord[], lane: OwnedLane) => void
  readonly onDropped: (records: readonly KafkaRecord[], reason: DropReason) => void
  /** The record is counted elsewhere. */
  readonly onDischarged: (record: KafkaRecord) => void
}

/** How far `findWaiting` looks. */
const SEARCH_LIMIT = 1000

export function createLane(topic: string, deps: LaneDeps): OwnedLane {
  const waiting = createFifo<KafkaRecord>()
  // Withdrawn from the middle: skipped, and let go, when they come to the front.
  const withdrawn = new Set<KafkaRecord>()
  let flying: readonly KafkaRecord[] = []
  let waitingBytes = 0
  let abandoned = false

  const lane: OwnedLane & { records: number; bytes: number } = {
    topic,
    records: 0,
    bytes: 0,
    healthy: true,
    waiters: 0,
    breaker: createBreaker(),
    get breakerOpen() {
      return lane.breaker.open
    },
    get waitingRecords() {
      return waiting.length - withdrawn.size
    },
    get waitingBytes() {
      return waitingBytes
    },
    reserve(bytes) {
      lane.records++
      lane.bytes += bytes
    },
    unreserve(bytes) {
      lane.records--
      lane.bytes -= bytes
    },
    push(record) {
      waiting.push(record)
      waitingBytes += record.bytes
    },
    take(maxRecords, maxBytes) {
      const batch: KafkaRecord[] = []
      let bytes = 0
      for (let next = front(); next !== undefined; next = front()) {
        if (batch.length > 0 && (batch.length >= maxRecords || bytes + next.bytes > maxBytes)) break
        waiting.shift()
        bytes += next.bytes
        batch.push(next)
      }
      waitingBytes -= bytes
      flying = flying.length === 0 ? batch : [...flying, ...batch]
      return batch
    },
    deliver(records) {
      if (abandoned) return
      const bytes = land(records)
      deps.onDelivered(records, lane)
      deps.onFreed(records.length, bytes)
    },
    drop(records, reason) {
      if (abandoned) return
      const bytes = land(records)
      deps.onDropped(records, reason)
      deps.onFreed(records.length, bytes)
    },
    discharge(record) {
      if (abandoned) return
      const bytes = land([record])
      deps.onDischarged(record)
      deps.onFreed(1, bytes)
    },
    surrender(record) {
      if (!abandoned) land([record])
    },
    abandon(reason) {
      const all = lane.peek(Number.POSITIVE_INFINITY)
      const { records, bytes } = lane
      abandoned = true
      lane.records = 0
      lane.bytes = 0
      deps.onDropped(all, reason)
      deps.onFreed(records, bytes)
    },
    peek(count) {
      const rest = waiting.head(count + withdrawn.size).filter((record) => !withdrawn.has(record))
      return [...flying, ...rest].slice(0, count)
    },
    isInFlight: (record) => flying.includes(record),
    withdraw(record, reason) {
      if (abandoned) return
      withdrawn.add(record)
      front()
      waitingBytes -= record.bytes
      lane.unreserve(record.bytes)
      deps.onDropped([record], reason)
      deps.onFreed(1, record.bytes)
    },
    findWaiting: (test) => waiting.find((record) => !withdrawn.has(record) && test(record), SEARCH_LIMIT),
  }

  /** The oldest record that waits. */
  function front(): KafkaRecord | undefined {
    let next = waiting.peek()
    while (next !== undefined && withdrawn.size > 0 && withdrawn.delete(next)) {
      waiting.shift()
      next = waiting.peek()
    }
    return next
  }

  /** Takes records in flight off the account; returns their bytes. */
  function land(records: readonly KafkaRecord[]): number {
    let bytes = 0
    for (const record of records) bytes += record.bytes
    lane.records -= records.length
    lane.bytes -= bytes
    flying = records.length === flying.length ? [] : without(flying, records)
    return bytes
  }

  return lane
}

function without(all: readonly KafkaRecord[], gone: readonly KafkaRecord[]): readonly KafkaRecord[] {
  const landed = new Set(gone)
  return all.filter((record) => !landed.has(record))
}
