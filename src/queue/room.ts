import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { Priority } from '../rules/policy.ts'
import type { OwnedLane } from './lane.ts'

export interface RoomConfig {
  /** The queue holds at most this many records, in flight included. */
  readonly maxRecords: number
  /** …and at most this many bytes, counted on the encoded record. */
  readonly maxBytes: number
  /** The part of both bounds that one Kafka topic may hold, 0–1. */
  readonly laneShare: number
  /** The same for a topic that Kafka refuses. */
  readonly unhealthyLaneShare: number
}

/** The bounds of the queue and of its lanes. */
export interface Room {
  readonly records: number
  readonly bytes: number
  readonly isFull: boolean
  /** Reserves room for all records, or for none. */
  reserve(all: readonly KafkaRecord[]): boolean
  /** The lanes without room for these records; empty when it is the queue as a whole that is full. */
  fullLanes(all: readonly KafkaRecord[]): readonly OwnedLane[]
  /** Gives back what was reserved and not used. */
  unreserve(all: readonly KafkaRecord[]): void
  /** A record takes the place of another, whatever the bounds: they may be passed by the difference in size. */
  exchange(old: KafkaRecord, replacement: KafkaRecord): void
  /** Records have left a lane. */
  freed(records: number, bytes: number): void
  /** Whether the records of one event would fit into an empty queue with healthy lanes. */
  couldEverFit(all: readonly KafkaRecord[]): boolean
}

interface LaneSum {
  readonly records: number
  readonly bytes: number
}

/** From which part of either bound on the queue counts as full (the shares of Apache Celix). */
const FULL_AT: Readonly<Record<Priority, number>> = { low: 0.7, normal: 0.85, high: 1 }

export function createRoom(config: RoomConfig, laneOf: (topic: string) => OwnedLane): Room {
  const healthy = boundsOf(config, config.laneShare)
  const unhealthy = boundsOf(config, config.unhealthyLaneShare)
  let records = 0
  let bytes = 0

  function fits(lane: OwnedLane, record: KafkaRecord): boolean {
    const share = FULL_AT[record.policy.priority]
    return (
      records < config.maxRecords * share &&
      bytes + record.bytes <= config.maxBytes * share &&
      fitsLane(lane, 1, record.bytes)
    )
  }

  function fitsLane(lane: OwnedLane, moreRecords: number, moreBytes: number): boolean {
    const cap = lane.healthy ? healthy : unhealthy
    return lane.records + moreRecords <= cap.records && lane.bytes + moreBytes <= cap.bytes
  }

  /** What an event asks of each of its lanes. */
  function sumsByLane(all: readonly KafkaRecord[]): ReadonlyMap<OwnedLane, LaneSum> {
    const sums = new Map<OwnedLane, LaneSum>()
    for (const { topic, bytes: size } of all) {
      const lane = laneOf(topic)
      const sum = sums.get(lane) ?? { records: 0, bytes: 0 }
      sums.set(lane, { records: sum.records + 1, bytes: sum.bytes + size })
    }
    return sums
  }

  function giveBack(record: KafkaRecord): void {
    records--
    bytes -= record.bytes
    laneOf(record.topic).unreserve(record.bytes)
  }

  return {
    get records() {
      return records
    },
    get bytes() {
      return bytes
    },
    get isFull() {
      return records >= config.maxRecords || bytes >= config.maxBytes
    },
    reserve(all) {
      for (let i = 0; i < all.length; i++) {
        const record = all[i] as KafkaRecord
        const lane = laneOf(record.topic)
        if (!fits(lane, record)) {
          for (let j = 0; j < i; j++) giveBack(all[j] as KafkaRecord)
          return false
        }
        records++
        bytes += record.bytes
        lane.reserve(record.bytes)
      }
      return true
    },
    fullLanes: (all) =>
      [...sumsByLane(all)].flatMap(([lane, sum]) => (fitsLane(lane, sum.records, sum.bytes) ? [] : [lane])),
    unreserve(all) {
      for (const record of all) giveBack(record)
    },
    exchange(old, replacement) {
      bytes += replacement.bytes - old.bytes
      laneOf(replacement.topic).reserve(replacement.bytes)
    },
    freed(freedRecords, freedBytes) {
      records -= freedRecords
      bytes -= freedBytes
    },
    couldEverFit(all) {
      const share = Math.min(...all.map(({ policy }) => FULL_AT[policy.priority]))
      return (
        all.length <= Math.ceil(config.maxRecords * share) &&
        sumBytes(all) <= config.maxBytes * share &&
        [...sumsByLane(all).values()].every(
          (sum) => sum.records <= healthy.records && sum.bytes <= healthy.bytes,
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

const boundsOf = (config: RoomConfig, share: number) => ({
  records: Math.max(1, Math.floor(config.maxRecords * share)),
  bytes: Math.floor(config.maxBytes * share),
})
