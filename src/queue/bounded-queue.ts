import type { Logger } from 'pino'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason, Ledger } from '../telemetry/ledger.ts'
import { type AwaitEnd, createAwaited } from './awaited.ts'
import { createBreaker } from './breaker.ts'
import { createLane, type Lane, type OwnedLane } from './lane.ts'
import type { OfferOutcome, RecordIntake, SettledPolicy } from './record-queue.ts'
import { createRoom, type RoomConfig, sumBytes } from './room.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface QueueConfig extends RoomConfig {
  /** At most this many hook calls wait, for room or for Kafka; those for room with `maxBytes` of records at most. */
  readonly maxWaiters: number
  /** The Kafka topic of dead letters; null: there is none. */
  readonly deadLetterTopic: string | null
}

export interface QueueDeps {
  readonly log: Logger
  /** Told of each record when its fate is decided, in the same step. */
  readonly ledger: Ledger
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
  /** Hook calls that wait for Kafka's acknowledgement; their records are in the queue. */
  readonly awaited: number
  /** True while nobody waits because waiting has proved useless. */
  readonly breakerOpen: boolean
  lanes(): Iterable<Lane>
  /** `letter` takes the place of a record in flight of this lane, whose reply can no longer be what it waited for. */
  toDeadLetters(lane: Lane, record: KafkaRecord, letter: KafkaRecord): void
  /** Up to `count` of the oldest records of each lane, to look at. */
  peek(count: number): readonly KafkaRecord[]
}

/** One event on its way into the queue. */
interface Offer {
  readonly records: readonly KafkaRecord[]
  readonly policy: SettledPolicy
  /** When the call has to be answered, by `performance.now()`. */
  readonly deadline: number
  readonly done: (outcome: OfferOutcome) => void
}

export function createBoundedQueue(config: QueueConfig, deps: QueueDeps): BoundedQueue {
  const lanes = new Map<string, OwnedLane>()
  const room = createRoom(config, laneOf)
  const line = createWaitingLine()
  const awaited = createAwaited()
  const breaker = createBreaker()

  function laneOf(topic: string): OwnedLane {
    let lane = lanes.get(topic)
    if (lane === undefined) {
      lane = createLane(topic, { onFreed, onDelivered, onDropped, onDischarged })
      lanes.set(topic, lane)
    }
    return lane
  }

  function onFreed(records: number, bytes: number): void {
    room.freed(records, bytes)
    if (line.length > 0) serveLine()
  }

  function onDelivered(records: readonly KafkaRecord[], lane: OwnedLane): void {
    if (lane.topic === config.deadLetterTopic) deps.ledger.recordsDeadLettered(records.length, 'topic')
    else deps.ledger.recordsDelivered(records.length)
    const closed = breaker.progress()
    if (lane.breaker.progress() || closed) {
      deps.log.info({ topic: lane.topic }, 'Kafka acknowledges again: calls may wait for it once more')
    }
    awaited.settled(records, 'delivered')
  }

  function onDropped(records: readonly KafkaRecord[], reason: DropReason): void {
    deps.ledger.recordsDropped(records.length, reason)
    awaited.settled(records, 'lost')
  }

  function onDischarged(record: KafkaRecord): void {
    awaited.settled([record], 'lost')
  }

  /** What is to be done when there is no room, or a reason to drop. */
  function decide({ records, policy, deadline }: Offer): 'admit' | 'wait' | 'overloaded' | DropReason {
    if (!someoneWaits(records) && room.reserve(records)) return 'admit'
    if (!room.couldEverFit(records)) return 'larger_than_queue'
    if (policy.overflow === 'drop-oldest') return evictFor(records) ? 'admit' : 'queue_full'
    if (policy.overflow !== 'wait') return 'queue_full'
    if (nobodyWaits(records)) return 'breaker_open'
    if (!(deadline > performance.now())) return 'wait_timeout'
    if (tooManyWait() || line.bytes + sumBytes(records) > config.maxBytes) return 'overloaded'
    return 'wait'
  }

  /** Room is reserved: the records enter the queue, and the call is answered or waits for Kafka. */
  function admit(offer: Offer): void {
    const { records, policy, deadline, done } = offer
    if (policy.reply === 'queued') {
      commit(records)
      done('queued')
      return
    }
    const waitMs = deadline - performance.now()
    const useless = !(waitMs > 0) || (nobodyWaits(records) && !hasEmptyLanes(records))
    if (tooManyWait()) {
      room.unreserve(records)
      done('overloaded')
    } else if (!useless) {
      awaited.add(records, waitMs, (how, open) => endAwait(offer, how, open))
      commit(records)
    } else if (policy.onTimeout === 'reject') {
      room.unreserve(records)
      refuse(offer, 'breaker_open')
    } else {
      commit(records)
      done('late')
    }
  }

  function endAwait({ records, policy, done }: Offer, how: AwaitEnd, open: readonly KafkaRecord[]): void {
    if (how === 'delivered') {
      done('delivered')
      return
    }
    if (policy.onTimeout === 'reject') {
      const out = records.length - open.length - (how === 'lost' ? 1 : 0)
      withdraw(open, out)
      done('rejected')
    } else {
      done('late')
    }
    if (how === 'expired') waitExpired(lanesOf(open))
  }

  /** What waits is taken back; what is under way to Kafka can no longer be, nor can the `out` that are there. */
  function withdraw(open: readonly KafkaRecord[], out: number): void {
    let sent = out
    for (const record of open) {
      const lane = laneOf(record.topic)
      if (lane.isInFlight(record)) sent++
      else lane.withdraw(record, 'rejected')
    }
    if (sent > 0) deps.ledger.recordsRejectedButSent(sent)
  }

  function commit(records: readonly KafkaRecord[]): void {
    deps.ledger.recordsTaken(records.length)
    for (const record of records) {
      const lane = laneOf(record.topic)
      lane.push(record)
      deps.onRecords(lane)
    }
  }

  /** The event does not enter the queue; a rule that rejects sees to it that nobody receives it either. */
  function refuse({ records, policy, done }: Offer, reason: DropReason): void {
    const rejects = policy.onTimeout === 'reject' || policy.overflow === 'reject'
    deps.ledger.recordsTaken(records.length)
    deps.ledger.recordsDropped(records.length, rejects ? 'rejected' : reason)
    done(rejects ? 'rejected' : 'dropped')
  }

  /** Makes room by dropping older records of the same lanes, and reserves it; false when there are not enough. */
  function evictFor(records: readonly KafkaRecord[]): boolean {
    while (!room.reserve(records)) {
      const victim = records.flatMap(({ topic, policy }) => {
        const lane = laneOf(topic)
        const found = lane.findWaiting(
          (old) => !awaited.has(old) && RANK[old.policy.priority] <= RANK[policy.priority],
        )
        return found === undefined ? [] : [{ lane, found }]
      })[0]
      if (victim === undefined) return false
      victim.lane.withdraw(victim.found, 'evicted')
    }
    return true
  }

  const tooManyWait = (): boolean => line.length + awaited.length >= config.maxWaiters

  /** Nobody overtakes a call that waits for the same lane. */
  const someoneWaits = (records: readonly KafkaRecord[]): boolean =>
    line.length > 0 && records.some(({ topic }) => laneOf(topic).waiters > 0)

  const nobodyWaits = (records: readonly KafkaRecord[]): boolean =>
    breaker.open || records.some(({ topic }) => laneOf(topic).breaker.open)

  /** With nothing else on the way, only such an event can find out whether Kafka acknowledges again. */
  const hasEmptyLanes = (records: readonly KafkaRecord[]): boolean =>
    records.every(({ topic }) => laneOf(topic).records <= records.length) && awaited.length === 0

  const lanesOf = (records: readonly KafkaRecord[]): readonly OwnedLane[] => [
    ...new Set(records.map(({ topic }) => laneOf(topic))),
  ]

  /** The lanes that an event waits for: those that are full; all of its own when it is the queue that is. */
  function lanesInTheWay(records: readonly KafkaRecord[]): readonly OwnedLane[] {
    const full = room.fullLanes(records)
    return full.length > 0 ? full : lanesOf(records)
  }

  function wait(offer: Offer): void {
    const { records } = offer
    // Only on these does it stand before those who come later: another lane of the event has room for them.
    const inTheWay = lanesInTheWay(records)
    for (const lane of inTheWay) lane.waiters++
    const end = (outcome: 'admitted' | 'expired'): void => {
      for (const lane of inTheWay) lane.waiters--
      if (outcome === 'admitted') {
        admit(offer)
        return
      }
      const still = lanesInTheWay(records)
      refuse(offer, 'wait_timeout')
      waitExpired(still)
      serveSoon()
    }
    line.add({ records, bytes: sumBytes(records), end }, offer.deadline - performance.now())
  }

  function serveLine(): void {
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
      serveLine()
    })
  }

  /** A wait for these lanes ended without progress. A lane that Kafka refuses says nothing about Kafka as a whole. */
  function waitExpired(inTheWay: readonly OwnedLane[]): void {
    for (const lane of inTheWay) {
      if (lane.breaker.open || !lane.breaker.waitExpired()) continue
      deps.log.warn({ topic: lane.topic }, 'no progress on this Kafka topic: its calls wait no more')
      expireWaits((waiting) => waiting.some(({ topic }) => topic === lane.topic))
    }
    if (inTheWay.every((lane) => !lane.healthy)) return
    if (!breaker.open && breaker.waitExpired()) {
      deps.log.warn('Kafka makes no progress: no call waits for it until it acknowledges again')
      expireWaits(() => true)
    }
  }

  function expireWaits(which: (records: readonly KafkaRecord[]) => boolean): void {
    line.expire((waiter) => which(waiter.records))
    awaited.expire(which)
  }

  return {
    get records() {
      return room.records
    },
    get bytes() {
      return room.bytes
    },
    get waiters() {
      return line.length
    },
    get waiterBytes() {
      return line.bytes
    },
    get awaited() {
      return awaited.length
    },
    get breakerOpen() {
      return breaker.open
    },
    offer(records, { policy, waitMs }, done) {
      const offer = { records, policy, deadline: performance.now() + waitMs, done }
      const decision = decide(offer)
      if (decision === 'admit') admit(offer)
      else if (decision === 'wait') wait(offer)
      else if (decision === 'overloaded') done('overloaded')
      else refuse(offer, decision)
    },
    lanes: () => lanes.values(),
    toDeadLetters(lane, record, letter) {
      lane.surrender(record)
      room.exchange(record, letter)
      const dead = laneOf(letter.topic)
      dead.push(letter)
      deps.onRecords(dead)
      awaited.settled([record], 'lost')
    },
    peek: (count) => [...lanes.values()].flatMap((lane) => lane.peek(count)),
  }
}

const RANK = { low: 0, normal: 1, high: 2 } as const
