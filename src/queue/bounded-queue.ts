import type { Logger } from 'pino'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason } from '../telemetry/ledger.ts'
import { createBreaker } from './breaker.ts'
import { createLane, type Lane, type OwnedLane } from './lane.ts'
import type { OfferOptions, OfferOutcome, RecordIntake } from './record-queue.ts'
import { createWaitingLine, type Waiter } from './waiting-line.ts'

export interface QueueConfig {
  /** The queue holds at most this many records, in flight included. */
  readonly maxRecords: number
  /** …and at most this many bytes, counted on the encoded record. */
  readonly maxBytes: number
  /** At most this many hook calls wait for room, with at most `maxBytes` of records between them. */
  readonly maxWaiters: number
  /** The part of both bounds that one Kafka topic may hold, 0–1. */
  readonly laneShare: number
  /** The same for a topic that Kafka refuses. */
  readonly unhealthyLaneShare: number
}

export interface QueueDeps {
  readonly log: Logger
  readonly onTaken: (count: number) => void
  readonly onDelivered: (count: number) => void
  readonly onDropped: (count: number, reason: DropReason) => void
  /** Told when records entered a lane; starts its sending. */
  readonly onRecords: (lane: Lane) => void
}

/**
 * The queue between the hooks and Kafka: bounded by records and by bytes, a lane for each Kafka topic, all records
 * of one event or none. Room is freed only by an acknowledgement or a counted drop.
 */
export interface BoundedQueue extends RecordIntake {
  readonly records: number
  readonly bytes: number
  /** Hook calls that wait for room, and their bytes. */
  readonly waiters: number
  readonly waiterBytes: number
  /** True while nobody waits for room because waiting has proved useless. */
  readonly breakerOpen: boolean
  lanes(): Iterable<Lane>
  /** Up to `count` of the oldest records of each lane, to look at. */
  peek(count: number): readonly KafkaRecord[]
}

export function createBoundedQueue(config: QueueConfig, deps: QueueDeps): BoundedQueue {
  const lanes = new Map<string, OwnedLane>()
  const line = createWaitingLine()
  const breaker = createBreaker()
  const caps = {
    healthy: capsOf(config, config.laneShare),
    unhealthy: capsOf(config, config.unhealthyLaneShare),
  }
  let records = 0
  let bytes = 0

  function laneOf(topic: string): OwnedLane {
    let lane = lanes.get(topic)
    if (lane === undefined) {
      lane = createLane(topic, { onFreed, onDelivered, onDropped: deps.onDropped })
      lanes.set(topic, lane)
    }
    return lane
  }

  function onFreed(freedRecords: number, freedBytes: number): void {
    records -= freedRecords
    bytes -= freedBytes
    if (line.length > 0) serveLine()
  }

  function onDelivered(count: number, lane: OwnedLane): void {
    deps.onDelivered(count)
    const closed = breaker.progress()
    if (lane.breaker.progress() || closed) {
      deps.log.info({ topic: lane.topic }, 'Kafka acknowledges again: calls may wait for room once more')
    }
  }

  function fits(lane: OwnedLane, size: number): boolean {
    const cap = lane.healthy ? caps.healthy : caps.unhealthy
    return (
      records < config.maxRecords &&
      bytes + size <= config.maxBytes &&
      lane.records < cap.records &&
      lane.bytes + size <= cap.bytes
    )
  }

  /** Reserves room for all records, or for none. */
  function reserve(all: readonly KafkaRecord[]): boolean {
    for (let i = 0; i < all.length; i++) {
      const record = all[i] as KafkaRecord
      const lane = laneOf(record.topic)
      if (!fits(lane, record.bytes)) {
        for (let j = 0; j < i; j++) unreserve(all[j] as KafkaRecord)
        return false
      }
      records++
      bytes += record.bytes
      lane.reserve(record.bytes)
    }
    return true
  }

  function unreserve(record: KafkaRecord): void {
    records--
    bytes -= record.bytes
    laneOf(record.topic).unreserve(record.bytes)
  }

  function commit(all: readonly KafkaRecord[]): void {
    deps.onTaken(all.length)
    for (const record of all) {
      const lane = laneOf(record.topic)
      lane.push(record)
      deps.onRecords(lane)
    }
  }

  function dropAtOnce(all: readonly KafkaRecord[], reason: DropReason): OfferOutcome {
    deps.onTaken(all.length)
    deps.onDropped(all.length, reason)
    return 'dropped'
  }

  /** Nobody overtakes a call that waits for the same lane. */
  const someoneWaits = (all: readonly KafkaRecord[]): boolean =>
    line.length > 0 && all.some((record) => laneOf(record.topic).waiters > 0)

  function countWaiter(all: readonly KafkaRecord[], change: 1 | -1): void {
    for (const record of all) laneOf(record.topic).waiters += change
  }

  function serveLine(): void {
    const blocked = new Set<string>()
    line.serve((waiter) => {
      if (records >= config.maxRecords || bytes >= config.maxBytes) return 'stop'
      const free = !waiter.records.some((record) => blocked.has(record.topic))
      if (free && reserve(waiter.records)) return 'taken'
      for (const record of waiter.records) blocked.add(record.topic)
      return 'not-yet'
    })
  }

  function wait(
    all: readonly KafkaRecord[],
    size: number,
    waitMs: number,
    done: (o: OfferOutcome) => void,
  ): void {
    countWaiter(all, 1)
    const waiter: Waiter = {
      records: all,
      bytes: size,
      end(outcome) {
        countWaiter(all, -1)
        if (outcome === 'admitted') {
          commit(all)
          done('queued')
          return
        }
        done(dropAtOnce(all, 'wait_timeout'))
        waitExpired(all)
      },
    }
    line.add(waiter, waitMs)
  }

  function waitExpired(all: readonly KafkaRecord[]): void {
    for (const record of all) {
      const lane = laneOf(record.topic)
      if (!lane.breaker.open && lane.breaker.waitExpired()) {
        deps.log.warn(
          { topic: lane.topic },
          'no progress on this Kafka topic: its calls stop waiting for room',
        )
        line.expire((waiter) => waiter.records.some(({ topic }) => topic === lane.topic))
      }
    }
    if (!breaker.open && breaker.waitExpired()) {
      deps.log.warn('Kafka makes no progress: no call waits for room until it acknowledges again')
      line.expire(() => true)
    }
  }

  const nobodyWaits = (all: readonly KafkaRecord[]): boolean =>
    breaker.open || all.some((record) => laneOf(record.topic).breaker.open)

  function decide(
    all: readonly KafkaRecord[],
    { overflow, waitMs }: OfferOptions,
    size: number,
  ): OfferOutcome | 'wait' {
    if (!someoneWaits(all) && reserve(all)) {
      commit(all)
      return 'queued'
    }
    if (!couldEverFit(all, caps.healthy, config)) return dropAtOnce(all, 'larger_than_queue')
    if (overflow === 'drop-newest') return dropAtOnce(all, 'queue_full')
    if (nobodyWaits(all)) return dropAtOnce(all, 'breaker_open')
    if (!(waitMs > 0)) return dropAtOnce(all, 'wait_timeout')
    if (line.length >= config.maxWaiters || line.bytes + size > config.maxBytes) return 'overloaded'
    return 'wait'
  }

  return {
    get records() {
      return records
    },
    get bytes() {
      return bytes
    },
    get waiters() {
      return line.length
    },
    get waiterBytes() {
      return line.bytes
    },
    get breakerOpen() {
      return breaker.open
    },
    offer(all, options, done) {
      const size = sumBytes(all)
      const outcome = decide(all, options, size)
      if (outcome === 'wait') wait(all, size, options.waitMs, done)
      else done(outcome)
    },
    lanes: () => lanes.values(),
    peek: (count) => [...lanes.values()].flatMap((lane) => lane.peek(count)),
  }
}

interface Caps {
  readonly records: number
  readonly bytes: number
}

const capsOf = (config: QueueConfig, share: number): Caps => ({
  records: Math.max(1, Math.floor(config.maxRecords * share)),
  bytes: Math.floor(config.maxBytes * share),
})

const sumBytes = (all: readonly KafkaRecord[]): number => all.reduce((sum, record) => sum + record.bytes, 0)

/** Whether the records of one event would fit into an empty queue with healthy lanes. */
function couldEverFit(all: readonly KafkaRecord[], cap: Caps, config: QueueConfig): boolean {
  if (all.length > config.maxRecords || sumBytes(all) > config.maxBytes) return false
  const perLane = new Map<string, Caps>()
  for (const record of all) {
    const sum = perLane.get(record.topic) ?? { records: 0, bytes: 0 }
    perLane.set(record.topic, { records: sum.records + 1, bytes: sum.bytes + record.bytes })
  }
  return [...perLane.values()].every((sum) => sum.records <= cap.records && sum.bytes <= cap.bytes)
}
