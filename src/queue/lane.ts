import type { DiskLog } from '../disk/disk-log.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason } from '../telemetry/ledger.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { createWaitingRecords } from './waiting-records.ts'

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
  /** Whether `take` would find something now; if not, and records wait, they are to be loaded from disk first. */
  readonly ready: boolean
  /** False while Kafka refuses the topic itself: the lane may then hold less. */
  healthy: boolean
  /** True while no call waits for this lane because waiting for it has proved useless. */
  readonly breakerOpen: boolean
  /**
   * Takes records from the front for one batch, as far as they are in memory: at least one if any is, up to
   * `maxRecords` and `maxBytes`. They stay on the account until `deliver` or `drop`.
   */
  take(maxRecords: number, maxBytes: number): KafkaRecord[]
  /**
   * Brings the next records from disk into memory, if none is there. Rejects with a DiskError when the disk does not
   * give them; may then be tried again.
   */
  load(): Promise<void>
  /** Kafka has acknowledged these taken records: their room is free. */
  deliver(records: readonly KafkaRecord[]): void
  /** These taken records are given up, counted with the reason: their room is free. */
  drop(records: readonly KafkaRecord[], reason: DropReason): void
  /** This record in flight is kept elsewhere and counted there: its room is free. */
  discharge(record: KafkaRecord): void
  /** This record in flight leaves the lane for the dead letters: nothing is counted, no room is freed. */
  surrender(record: KafkaRecord): void
  /**
   * The end: what is not on disk up to the number `storedSeq` is given up, in flight included, counted with the
   * reason. What is told later of any record is ignored. Returns how many were given up.
   */
  abandon(reason: DropReason, storedSeq: number): number
  /** Up to `count` of the oldest records in memory, those in flight included, to look at. */
  peek(count: number): readonly KafkaRecord[]
}

/** The side of a lane that only the queue uses. */
export interface OwnedLane extends Lane {
  /** Of the records and bytes above, those that are in memory or for which memory is reserved. */
  readonly memoryRecords: number
  readonly memoryBytes: number
  reserve(bytes: number, inMemory: boolean): void
  unreserve(bytes: number, inMemory: boolean): void
  /** Room is reserved for it; a record with a number is on disk. */
  push(record: KafkaRecord): void
  /** What an earlier life left on disk; room is reserved for it. */
  adopt(records: number, bytes: number, lastSeq: number): void
  /** So many of the records that are on disk alone cannot be read: given up, counted. */
  lose(records: number, bytes: number): void
  /** Whether a record of this lane has been taken for sending. */
  isInFlight(record: KafkaRecord): boolean
  /** Takes a record that waits out of the lane, counted with the reason. */
  withdraw(record: KafkaRecord, reason: DropReason): void
  /** The oldest record that waits in memory and that `test` takes; only the front of a long lane is searched. */
  findWaiting(test: (record: KafkaRecord) => boolean): KafkaRecord | undefined
  /** Calls held up because this lane, or the queue with it, is full. */
  waiters: number
  /** Of this lane alone: a topic that Kafka refuses holds nobody up while the others make progress. */
  readonly breaker: Breaker
}

export interface LaneDeps {
  /** null: there is none. */
  readonly disk: Pick<DiskLog, 'read' | 'done'> | null
  /** Whether a record of so many bytes, which is on disk already, may stay in memory as well. */
  readonly hasMemory: (lane: OwnedLane, bytes: number) => boolean
  /** The very record that a call waits for. */
  readonly original: (seq: number) => KafkaRecord | undefined
  /** Memory was taken (or, below 0, given back) by records that are on disk, too, or no longer in the queue. */
  readonly onMemory: (records: number, bytes: number) => void
  /** Told after records left the account, with how many records and bytes. */
  readonly onFreed: (records: number, bytes: number) => void
  /** Counts the records; called before `onFreed` in the same step. */
  readonly onDelivered: (records: readonly KafkaRecord[], lane: OwnedLane) => void
  readonly onDropped: (records: readonly KafkaRecord[], reason: DropReason) => void
  /** The record is counted elsewhere. */
  readonly onDischarged: (record: KafkaRecord) => void
  /** Records that were on disk alone cannot be read: counts them. */
  readonly onLost: (records: number, lane: OwnedLane) => void
}

export function createLane(topic: string, deps: LaneDeps): OwnedLane {
  const waiting = createWaitingRecords(topic, {
    disk: deps.disk,
    hasMemory: (bytes) => deps.hasMemory(lane, bytes),
    original: deps.original,
    onLoaded: takeMemory,
    onMissing: lost,
  })
  let flying: readonly KafkaRecord[] = []
  let abandoned = false

  const all = { records: 0, bytes: 0 }
  const memory = { records: 0, bytes: 0 }

  const lane: OwnedLane = {
    topic,
    get records() {
      return all.records
    },
    get bytes() {
      return all.bytes
    },
    get memoryRecords() {
      return memory.records
    },
    get memoryBytes() {
      return memory.bytes
    },
    healthy: true,
    waiters: 0,
    breaker: createBreaker(),
    get breakerOpen() {
      return lane.breaker.open
    },
    get waitingRecords() {
      return waiting.records
    },
    get waitingBytes() {
      return waiting.bytes
    },
    get ready() {
      return waiting.ready
    },
    reserve(bytes, inMemory) {
      all.records++
      all.bytes += bytes
      if (inMemory) {
        memory.records++
        memory.bytes += bytes
      }
    },
    unreserve(bytes, inMemory) {
      all.records--
      all.bytes -= bytes
      if (inMemory) {
        memory.records--
        memory.bytes -= bytes
      }
    },
    push: waiting.push,
    adopt(records, bytes, lastSeq) {
      all.records += records
      all.bytes += bytes
      waiting.adopt(records, bytes, lastSeq)
    },
    lose: waiting.lose,
    take(maxRecords, maxBytes) {
      const batch = waiting.take(maxRecords, maxBytes)
      flying = flying.length === 0 ? batch : [...flying, ...batch]
      return batch
    },
    load: waiting.load,
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
    abandon(reason, storedSeq) {
      const gone = lane.peek(Number.POSITIVE_INFINITY).filter(({ seq }) => seq === 0 || seq > storedSeq)
      const bytes = leave(gone)
      abandoned = true
      deps.onDropped(gone, reason)
      deps.onFreed(gone.length, bytes)
      return gone.length
    },
    peek: (count) => [...flying, ...waiting.head(count)].slice(0, count),
    isInFlight: (record) => flying.includes(record),
    withdraw(record, reason) {
      if (abandoned) return
      const inMemory = waiting.withdraw(record)
      all.records--
      all.bytes -= record.bytes
      if (inMemory) takeMemory(-1, -record.bytes)
      deps.disk?.done([record])
      deps.onDropped([record], reason)
      deps.onFreed(1, record.bytes)
    },
    findWaiting: waiting.find,
  }

  function takeMemory(records: number, bytes: number): void {
    memory.records += records
    memory.bytes += bytes
    deps.onMemory(records, bytes)
  }

  function lost(records: number, bytes: number): void {
    all.records -= records
    all.bytes -= bytes
    deps.onLost(records, lane)
    deps.onFreed(records, bytes)
  }

  /** Takes records in flight off the account; returns their bytes. */
  function land(records: readonly KafkaRecord[]): number {
    const bytes = leave(records)
    flying = records.length === flying.length ? [] : without(flying, records)
    deps.disk?.done(records)
    return bytes
  }

  /** Takes records in memory off the account; returns their bytes. */
  function leave(records: readonly KafkaRecord[]): number {
    let bytes = 0
    for (const record of records) bytes += record.bytes
    all.records -= records.length
    all.bytes -= bytes
    takeMemory(-records.length, -bytes)
    return bytes
  }

  return lane
}

function without(all: readonly KafkaRecord[], gone: readonly KafkaRecord[]): readonly KafkaRecord[] {
  const landed = new Set(gone)
  return all.filter((record) => !landed.has(record))
}
