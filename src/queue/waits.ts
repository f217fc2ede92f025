import type { Logger } from 'pino'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { type AwaitEnd, createAwaited, type Goal } from './awaited.ts'
import { createBreaker } from './breaker.ts'
import type { OwnedLane } from './lane.ts'
import type { Room } from './room.ts'
import { sumBytes } from './room.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface WaitsConfig {
  /** At most this many hook calls wait at one time, for whatever. */
  readonly maxWaiters: number
  /** Those that wait for room have at most so many bytes of records. */
  readonly maxBytes: number
}

/**
 * The hook calls that are held up: for room, in the order they came; or for the disk or Kafka, once their records are
 * in the queue. And the breakers, by which nobody is held up for what does not come.
 */
export interface Waits {
  /** Calls that wait for room, and their bytes. */
  readonly forRoom: number
  readonly forRoomBytes: number
  /** Calls that wait for the disk or for Kafka. */
  readonly forReply: number
  /** True while nobody waits for Kafka, or for the disk, because it makes no progress. */
  readonly breakerOpen: boolean
  readonly diskBreakerOpen: boolean
  /** Whether one more call with so many bytes (0: its records are in the queue) is one too many. */
  tooMany(bytes: number): boolean
  /** Whether a call stands in line for one of the lanes of these records: nobody overtakes it. */
  isLineFor(records: readonly KafkaRecord[]): boolean
  /** Whether to wait for these lanes has proved useless. */
  isUseless(records: readonly KafkaRecord[]): boolean
  /** Whether a reply waits for this record. */
  has(record: KafkaRecord): boolean
  original(seq: number): KafkaRecord | undefined
  /** Waits until room has been reserved for the records, or the time is up. */
  waitForRoom(
    records: readonly KafkaRecord[],
    waitMs: number,
    end: (how: 'admitted' | 'expired') => void,
  ): void
  /** Waits for records that are in the queue. `end` is told as by `Awaited`. */
  waitForReply(
    records: readonly KafkaRecord[],
    goal: Goal,
    waitMs: number,
    end: (how: AwaitEnd, open: readonly KafkaRecord[], acknowledged: number) => void,
  ): void
  /** There may be room. */
  serve(): void
  /** Kafka acknowledged these records. */
  delivered(records: readonly KafkaRecord[], lane: OwnedLane): void
  /** These records will not be acknowledged. */
  lost(records: readonly KafkaRecord[]): void
  /** The records up to this number are on disk. */
  stored(seq: number): void
  /** Ends every wait as expired, which says nothing about Kafka or the disk. */
  endAll(): void
}

export interface WaitsDeps {
  readonly log: Logger
  readonly room: Room
  readonly laneOf: (topic: string) => OwnedLane
}

export function createWaits(config: WaitsConfig, { log, room, laneOf }: WaitsDeps): Waits {
  const line = createWaitingLine()
  const awaited = createAwaited()
  const breaker = createBreaker()
  const diskBreaker = createBreaker()
  let ending = false

  const lanesOf = (records: readonly KafkaRecord[]): readonly OwnedLane[] => [
    ...new Set(records.map(({ topic }) => laneOf(topic))),
  ]

  /** The lanes that an event waits for: those that are full; all of its own when it is the queue that is. */
  function lanesInTheWay(records: readonly KafkaRecord[]): readonly OwnedLane[] {
    const full = room.fullLanes(records)
    return full.length > 0 ? full : lanesOf(records)
  }

  function serve(): void {
    if (line.length === 0) return
    const blocked = new Set<OwnedLane>()
    line.serve(({ records }) => {
      if (room.isFull) return 'stop'
      const free = !records.some(({ topic }) => blocked.has(laneOf(topic)))
      if (free && room.reserve(records)) return 'taken'
      for (const lane of lanesInTheWay(records)) blocked.add(lane)
      return 'not-yet'
    })
  }

  let servesSoon = false
  /** Whoever stood behind one that gave up may have room; many may give up together, so they are served once. */
  function serveSoon(): void {
    if (servesSoon || line.length === 0) return
    servesSoon = true
    setImmediate(() => {
      servesSoon = false
      serve()
    })
  }

  /** A wait for these lanes ended without progress. A lane that Kafka refuses says nothing about Kafka as a whole. */
  function kafkaExpired(inTheWay: readonly OwnedLane[]): void {
    for (const lane of inTheWay) {
      if (lane.breaker.open || !lane.breaker.waitExpired()) continue
      log.warn({ topic: lane.topic }, 'no progress on this Kafka topic: its calls wait no more')
      expireForKafka((records) => records.some(({ topic }) => topic === lane.topic))
    }
    if (inTheWay.every((lane) => !lane.healthy)) return
    if (!breaker.open && breaker.waitExpired()) {
      log.warn('Kafka makes no progress: no call waits for it until it acknowledges again')
      expireForKafka(() => true)
    }
  }

  function expireForKafka(which: (records: readonly KafkaRecord[]) => boolean): void {
    line.expire((waiter) => which(waiter.records))
    awaited.expire((records, goal) => goal === 'delivered' && which(records))
  }

  function diskExpired(): void {
    if (diskBreaker.open || !diskBreaker.waitExpired()) return
    log.warn('the disk makes no progress: no call waits for it until it does again')
    awaited.expire((_records, goal) => goal === 'stored')
  }

  return {
    get forRoom() {
      return line.length
    },
    get forRoomBytes() {
      return line.bytes
    },
    get forReply() {
      return awaited.length
    },
    get breakerOpen() {
      return breaker.open
    },
    get diskBreakerOpen() {
      return diskBreaker.open
    },
    tooMany: (bytes) =>
      line.length + awaited.length >= config.maxWaiters ||
      (bytes > 0 && line.bytes + bytes > config.maxBytes),
    isLineFor: (records) => line.length > 0 && records.some(({ topic }) => laneOf(topic).waiters > 0),
    isUseless: (records) => breaker.open || records.some(({ topic }) => laneOf(topic).breaker.open),
    has: awaited.has,
    original: awaited.original,
    waitForRoom(records, waitMs, end) {
      // Only on these does it stand before those who come later: another lane of the event has room for them.
      const inTheWay = lanesInTheWay(records)
      for (const lane of inTheWay) lane.waiters++
      function ended(how: 'admitted' | 'expired'): void {
        for (const lane of inTheWay) lane.waiters--
        const still = how === 'expired' ? lanesInTheWay(records) : []
        end(how)
        if (how === 'admitted' || ending) return
        kafkaExpired(still)
        serveSoon()
      }
      line.add({ records, bytes: sumBytes(records), end: ended }, waitMs)
    },
    waitForReply(records, goal, waitMs, end) {
      awaited.add(records, goal, waitMs, (how, open, acknowledged) => {
        end(how, open, acknowledged)
        if (how !== 'expired' || ending) return
        if (goal === 'stored') diskExpired()
        else kafkaExpired(lanesOf(open))
      })
    },
    serve,
    delivered(records, lane) {
      const closed = breaker.progress()
      if (lane.breaker.progress() || closed) {
        log.info({ topic: lane.topic }, 'Kafka acknowledges again: calls may wait for it once more')
      }
      awaited.settled(records, 'delivered')
    },
    lost: (records) => awaited.settled(records, 'lost'),
    stored(seq) {
      if (diskBreaker.progress()) log.info('the disk stores again: calls may wait for it once more')
      awaited.stored(seq)
      serve()
    },
    endAll() {
      ending = true
      // Those for room first: what the others take back would let them in, to wait once more.
      line.expire(() => true)
      awaited.expire(() => true)
      ending = false
    },
  }
}
