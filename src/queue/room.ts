import type { DiskLog } from '../disk/disk-log.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { Priority } from '../rules/policy.ts'
import type { OwnedLane } from './lane.ts'

export interface RoomConfig {
  /** Memory holds at most this many records, in flight included. Without a disk the queue is no more than that. */
  readonly maxRecords: number
  /** …and at most this many bytes, counted on the encoded record. */
  readonly maxBytes: number
  /** The part of the bounds that one Kafka topic may hold, 0–1. */
  readonly laneShare: number
  /** The same for a topic that Kafka refuses. */
  readonly unhealthyLaneShare: number
}

/**
 * What the disk has room for. While records reach it, the queue holds as much as it has capacity, and what is on its
 * way there the bytes of memory at most; while they do not, memory is all there is.
 */
export type DiskRoom = Pick<DiskLog, 'accepts' | 'capacity' | 'unsyncedBytes'>

/** The bounds of the queue and of its lanes. */
export interface Room {
  /** Everything in the queue. */
  readonly records: number
  readonly bytes: number
  /** Of it, what is in memory. */
  readonly memoryRecords: number
  readonly memoryBytes: number
  readonly isFull: boolean
  /** Reserves room for all records, or for none. To be used in the same turn of the event loop. */
  reserve(all: readonly KafkaRecord[]): boolean
  /** The lanes without room for these records; empty when it is the queue as a whole that is full. */
  fullLanes(all: readonly KafkaRecord[]): readonly OwnedLane[]
  /** Gives back what was reserved and not used. */
  unreserve(all: readonly KafkaRecord[]): void
  /** Makes room for what replaces a record that has left its lane, whatever the bounds: they may be passed by the difference in size. */
  exchange(old: KafkaRecord, replacement: KafkaRecord): void
  /** Takes what an earlier life left on disk, whatever the bounds. */
  adopt(records: number, bytes: number): void
  /** Records have left a lane. */
  freed(records: number, bytes: number): void
  /** Memory was taken or, below 0, given back. */
  memory(records: number, bytes: number): void
  /** Whether a record that is on disk may be in memory as well. */
  hasMemory(lane: OwnedLane, bytes: number): boolean
  /** Whether the records of one event would fit into an empty queue with healthy lanes. */
  couldEverFit(all: readonly KafkaRecord[]): boolean
}

interface Sum {
  readonly records: number
  readonly bytes: number
}

/** From which part of the bounds on the queue counts as full (the shares of Apache Celix). */
const FULL_AT: Readonly<Record<Priority, number>> = { low: 0.7, normal: 0.85, high: 1 }

export function createRoom(
  config: RoomConfig,
  disk: DiskRoom | null,
  laneOf: (topic: string) => OwnedLane,
): Room {
  const inMemory = boundsOf(config, { records: config.maxRecords, bytes: config.maxBytes })
  const onDisk = boundsOf(config, { records: Number.POSITIVE_INFINITY, bytes: disk?.capacity ?? 0 })
  const all = { records: 0, bytes: 0 }
  const memory = { records: 0, bytes: 0 }

  const durable = (): boolean => disk?.accepts === true

  function fits(lane: OwnedLane, record: KafkaRecord): boolean {
    const reachesDisk = durable()
    const { whole } = reachesDisk ? onDisk : inMemory
    const used = reachesDisk ? all : memory
    const share = FULL_AT[record.policy.priority]
    return (
      used.records < whole.records * share &&
      used.bytes + record.bytes <= whole.bytes * share &&
      fitsLane(lane, 1, record.bytes) &&
      (!reachesDisk || (disk?.unsyncedBytes ?? 0) + record.bytes <= config.maxBytes)
    )
  }

  function fitsLane(lane: OwnedLane, moreRecords: number, moreBytes: number): boolean {
    const reachesDisk = durable()
    const bounds = reachesDisk ? onDisk : inMemory
    const cap = lane.healthy ? bounds.lane : bounds.unhealthyLane
    const records = reachesDisk ? lane.records : lane.memoryRecords
    const bytes = reachesDisk ? lane.bytes : lane.memoryBytes
    return records + moreRecords <= cap.records && bytes + moreBytes <= cap.bytes
  }

  /** What an event asks of each of its lanes. */
  function sumsByLane(records: readonly KafkaRecord[]): ReadonlyMap<OwnedLane, Sum> {
    const sums = new Map<OwnedLane, Sum>()
    for (const { topic, bytes: size } of records) {
      const lane = laneOf(topic)
      const sum = sums.get(lane) ?? { records: 0, bytes: 0 }
      sums.set(lane, { records: sum.records + 1, bytes: sum.bytes + size })
    }
    return sums
  }

  function add(lane: OwnedLane, bytes: number): void {
    const takesMemory = !durable()
    all.records++
    all.bytes += bytes
    if (takesMemory) {
      memory.records++
      memory.bytes += bytes
    }
    lane.reserve(bytes, takesMemory)
  }

  function giveBack({ topic, bytes }: KafkaRecord): void {
    const tookMemory = !durable()
    all.records--
    all.bytes -= bytes
    if (tookMemory) {
      memory.records--
      memory.bytes -= bytes
    }
    laneOf(topic).unreserve(bytes, tookMemory)
  }

  return {
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
    get isFull() {
      if (durable()) return all.bytes >= onDisk.whole.bytes || (disk?.unsyncedBytes ?? 0) >= config.maxBytes
      return memory.records >= config.maxRecords || memory.bytes >= config.maxBytes
    },
    reserve(records) {
      for (let i = 0; i < records.length; i++) {
        const record = records[i] as KafkaRecord
        const lane = laneOf(record.topic)
        if (!fits(lane, record)) {
          for (let j = 0; j < i; j++) giveBack(records[j] as KafkaRecord)
          return false
        }
        add(lane, record.bytes)
      }
      return true
    },
    fullLanes: (records) =>
      [...sumsByLane(records)].flatMap(([lane, sum]) =>
        fitsLane(lane, sum.records, sum.bytes) ? [] : [lane],
      ),
    unreserve(records) {
      for (const record of records) giveBack(record)
    },
    exchange(old, replacement) {
      all.records--
      all.bytes -= old.bytes
      add(laneOf(replacement.topic), replacement.bytes)
    },
    adopt(records, bytes) {
      all.records += records
      all.bytes += bytes
    },
    freed(records, bytes) {
      all.records -= records
      all.bytes -= bytes
    },
    memory(records, bytes) {
      memory.records += records
      memory.bytes += bytes
    },
    hasMemory(lane, bytes) {
      const cap = inMemory.lane
      return (
        memory.records < config.maxRecords &&
        memory.bytes + bytes <= config.maxBytes &&
        lane.memoryRecords < cap.records &&
        lane.memoryBytes + bytes <= cap.bytes
      )
    },
    couldEverFit(records) {
      const share = Math.min(...records.map(({ policy }) => FULL_AT[policy.priority]))
      const { whole, lane } = durable() ? onDisk : inMemory
      return (
        records.length <= Math.ceil(whole.records * share) &&
        // On its way to the disk it is in memory.
        sumBytes(records) <= Math.min(whole.bytes * share, config.maxBytes) &&
        [...sumsByLane(records).values()].every(
          (sum) => sum.records <= lane.records && sum.bytes <= lane.bytes,
        )
      )
    },
  }
}

/** Bytes of several records, as the queue counts them. */
export const sumBytes = (all: readonly KafkaRecord[]): number => {
  let bytes = 0
  for (const record of all) bytes += record.bytes
  return bytes
}

/** The bounds of the whole, and of a lane's part in it; one record always has a place. */
const boundsOf = ({ laneShare, unhealthyLaneShare }: RoomConfig, whole: Sum) => ({
  whole,
  lane: part(whole, laneShare),
  unhealthyLane: part(whole, unhealthyLaneShare),
})

const part = ({ records, bytes }: Sum, share: number): Sum => ({
  records: Math.max(1, Math.floor(records * share)),
  bytes: Math.floor(bytes * share),
})
