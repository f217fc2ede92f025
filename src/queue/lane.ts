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
  /**
   * Takes records from the front for one batch, at least one when any waits: up to `maxRecords` and `maxBytes`.
   * They stay on the account until `deliver` or `drop`.
   */
  take(maxRecords: number, maxBytes: number): KafkaRecord[]
  /** Kafka has acknowledged these taken records: their room is free. */
  deliver(records: readonly KafkaRecord[]): void
  /** These taken records are given up, counted with the reason: their room is free. */
  drop(records: readonly KafkaRecord[], reason: DropReason): void
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
  /** Calls held up because this lane, or the queue with it, is full. */
  waiters: number
  /** Of this lane alone: a topic that Kafka refuses holds nobody up while the others make progress. */
  readonly breaker: Breaker
}

export interface LaneDeps {
  /** Told after records left the account, with how many records and bytes. */
  readonly onFreed: (records: number, bytes: number) => void
  /** Counts the records; called before `onFreed` in the same step. */
  readonly onDelivered: (count: number, lane: OwnedLane) => void
  readonly onDropped: (count: number, reason: DropReason) => void
}

export function createLane(topic: string, deps: LaneDeps): OwnedLane {
  const waiting = createFifo<KafkaRecord>()
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
    get waitingRecords() {
      return waiting.length
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
      for (let next = waiting.peek(); next !== undefined; next = waiting.peek()) {
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
      const bytes = forget(records)
      deps.onDelivered(records.length, lane)
      deps.onFreed(records.length, bytes)
    },
    drop(records, reason) {
      if (abandoned) return
      const bytes = forget(records)
      deps.onDropped(records.length, reason)
      deps.onFreed(records.length, bytes)
    },
    abandon(reason) {
      const { records, bytes } = lane
      abandoned = true
      lane.records = 0
      lane.bytes = 0
      deps.onDropped(records, reason)
      deps.onFreed(records, bytes)
    },
    peek: (count) => [...flying.slice(0, count), ...waiting.head(Math.max(0, count - flying.length))],
  }

  function forget(records: readonly KafkaRecord[]): number {
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
