import type { Logger } from 'pino'
import type { DiskLog, Recovery } from '../disk/disk-log.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason, Ledger } from '../telemetry/ledger.ts'
import type { AwaitEnd } from './awaited.ts'
import { createLane, type Lane, type OwnedLane } from './lane.ts'
import type { OfferOutcome, RecordIntake, SettledPolicy } from './record-queue.ts'
import { createRoom, type RoomConfig, sumBytes } from './room.ts'
import { createWaits } from './waits.ts'

export interface QueueConfig extends RoomConfig {
  /** At most this many hook calls wait, for room or for a reply; those for room with `maxBytes` of records at most. */
  readonly maxWaiters: number
  /** The Kafka topic of dead letters; null: there is none. */
  readonly deadLetterTopic: string | null
}

/** What the queue needs of its log on disk. */
export type QueueDisk = Pick<
  DiskLog,
  'accepts' | 'capacity' | 'unsyncedBytes' | 'storedSeq' | 'append' | 'done' | 'read'
>

export interface QueueDeps {
  readonly log: Logger
  /** Told of each record when its fate is decided, in the same step. */
  readonly ledger: Ledger
  /** Told when records entered a lane; starts its sending. */
  readonly onRecords: (lane: Lane) => void
  /** Keeps what is in the queue over the end of the process; null: there is none. */
  readonly disk?: QueueDisk | null
}

/**
 * The queue between the hooks and Kafka: bounded by records and by bytes, a lane for each Kafka topic, all records
 * of one event or none. Room is freed only by an acknowledgement or a counted drop. With a disk, every record is in
 * its log as well while the log takes any, and memory holds a window of the queue.
 */
export interface BoundedQueue extends RecordIntake {
  readonly records: number
  readonly bytes: number
  /** Of these, what is in memory. */
  readonly memoryRecords: number
  readonly memoryBytes: number
  /** Hook calls that wait for room, and their bytes. */
  readonly waiters: number
  readonly waiterBytes: number
  /** Hook calls that wait for the disk or for Kafka; their records are in the queue. */
  readonly awaited: number
  /** True while nobody waits for Kafka (or for the disk) because waiting has proved useless. */
  readonly breakerOpen: boolean
  readonly diskBreakerOpen: boolean
  lanes(): Iterable<Lane>
  /** Lets go of an empty lane for which nobody waits; false when it is needed. */
  letGo(topic: string): boolean
  /** The end is near: every wait ends as if its time were up, and no call waits from now on. */
  endWaits(): void
  /** `letter` takes the place of a record in flight of this lane, whose reply can no longer be what it waited for. */
  toDeadLetters(lane: Lane, record: KafkaRecord, letter: KafkaRecord): void
  /** Up to `count` of the oldest records of each lane that are in memory, to look at. */
  peek(count: number): readonly KafkaRecord[]
  /** Takes up what an earlier life left in the log. `lastSeq` is the number of the last record in it. */
  recover(recovery: Recovery, lastSeq: number): void
  /** The log has everything up to this number on disk. */
  stored(seq: number): void
  /** The log takes records again, or takes none any more. */
  diskChanged(): void
  /** So many records of a Kafka topic cannot be read from the log any more. */
  unreadable(topic: string, records: number, bytes: number): void
  /** The end: gives up what is not on disk, counted. Returns how many records that were. */
  abandon(): number
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
  const { ledger, disk = null } = deps
  const lanes = new Map<string, OwnedLane>()
  const room = createRoom(config, disk, laneOf)
  const waits = createWaits(config, { log: deps.log, room, laneOf })

  let waitsEnded = false

  function laneOf(topic: string): OwnedLane {
    let lane = lanes.get(topic)
    if (lane === undefined) {
      lane = createLane(topic, {
        disk,
        hasMemory: room.hasMemory,
        original: waits.original,
        onMemory: room.memory,
        onFreed,
        onDelivered,
        onDropped,
        onDischarged: (record) => waits.lost([record]),
        onLost: (records) => ledger.recordsDropped(records, 'disk_unreadable'),
      })
      lanes.set(topic, lane)
    }
    return lane
  }

  function onFreed(records: number, bytes: number): void {
    room.freed(records, bytes)
    waits.serve()
  }

  function onDelivered(records: readonly KafkaRecord[], lane: OwnedLane): void {
    if (lane.topic === config.deadLetterTopic) ledger.recordsDeadLettered(records.length, 'topic')
    else ledger.recordsDelivered(records.length)
    waits.delivered(records, lane)
  }

  function onDropped(records: readonly KafkaRecord[], reason: DropReason): void {
    ledger.recordsDropped(records.length, reason)
    waits.lost(records)
  }

  /** What is to be done when there is no room, or a reason to drop. */
  function decide({ records, policy, deadline }: Offer): 'admit' | 'wait' | 'overloaded' | DropReason {
    if (!waits.isLineFor(records) && room.reserve(records)) return 'admit'
    if (!room.couldEverFit(records)) return 'larger_than_queue'
    if (policy.overflow === 'drop-oldest') return evictFor(records) ? 'admit' : 'queue_full'
    if (policy.overflow !== 'wait') return 'queue_full'
    if (waits.isUseless(records)) return 'breaker_open'
    if (!(deadline > performance.now())) return 'wait_timeout'
    return waits.tooMany(sumBytes(records)) ? 'overloaded' : 'wait'
  }

  /** Room is reserved: the records enter the queue, and the call is answered or waits for the disk or for Kafka. */
  function admit(offer: Offer): void {
    const { records, policy, deadline, done } = offer
    const goal = policy.reply
    if (goal === 'queued') {
      commit(records)
      done('queued')
      return
    }
    const waitMs = deadline - performance.now()
    const useless =
      !(waitMs > 0) ||
      (goal === 'stored' ? isDiskUseless() : waits.isUseless(records) && !hasEmptyLanes(records))
    if (waits.tooMany(0)) {
      room.unreserve(records)
      done('overloaded')
    } else if (!useless) {
      commit(records)
      waits.waitForReply(records, goal, waitMs, (how, open, acknowledged) =>
        endWait(offer, how, open, acknowledged),
      )
    } else if (policy.onTimeout === 'reject') {
      room.unreserve(records)
      refuse(offer, 'breaker_open')
    } else {
      commit(records)
      done('late')
    }
  }

  function endWait(
    { policy, done }: Offer,
    how: AwaitEnd,
    open: readonly KafkaRecord[],
    acknowledged: number,
  ): void {
    if (how === 'delivered' || how === 'stored') {
      done(how)
    } else if (policy.onTimeout === 'reject') {
      withdraw(open, acknowledged)
      done('rejected')
    } else {
      done('late')
    }
  }

  /** What waits is taken back; what is under way to Kafka can no longer be, nor can what is there. */
  function withdraw(open: readonly KafkaRecord[], acknowledged: number): void {
    let sent = acknowledged
    for (const record of open) {
      const lane = laneOf(record.topic)
      if (lane.isInFlight(record)) sent++
      else lane.withdraw(record, 'rejected')
    }
    if (sent > 0) ledger.recordsRejectedButSent(sent)
  }

  function commit(records: readonly KafkaRecord[]): void {
    ledger.recordsTaken(records.length)
    if (disk?.accepts) disk.append(records)
    for (const record of records) {
      const lane = laneOf(record.topic)
      lane.push(record)
      deps.onRecords(lane)
    }
  }

  /** The event does not enter the queue; a rule that rejects sees to it that nobody receives it either. */
  function refuse({ records, policy, done }: Offer, reason: DropReason): void {
    const rejects = policy.onTimeout === 'reject' || policy.overflow === 'reject'
    ledger.recordsTaken(records.length)
    ledger.recordsDropped(records.length, rejects ? 'rejected' : reason)
    done(rejects ? 'rejected' : 'dropped')
  }

  /** Makes room by dropping older records of the same lanes, and reserves it; false when there are not enough. */
  function evictFor(records: readonly KafkaRecord[]): boolean {
    while (!room.reserve(records)) {
      const victim = records.flatMap(({ topic, policy }) => {
        const lane = laneOf(topic)
        const found = lane.findWaiting(
          (old) => !waits.has(old) && RANK[old.policy.priority] <= RANK[policy.priority],
        )
        return found === undefined ? [] : [{ lane, found }]
      })[0]
      if (victim === undefined) return false
      victim.lane.withdraw(victim.found, 'evicted')
    }
    return true
  }

  const isDiskUseless = (): boolean => disk === null || !disk.accepts || waits.diskBreakerOpen

  /** With nothing else on the way, only such an event can find out whether Kafka acknowledges again. */
  const hasEmptyLanes = (records: readonly KafkaRecord[]): boolean =>
    records.every(({ topic }) => laneOf(topic).records <= records.length) && waits.forReply === 0

  return {
    get records() {
      return room.records
    },
    get bytes() {
      return room.bytes
    },
    get memoryRecords() {
      return room.memoryRecords
    },
    get memoryBytes() {
      return room.memoryBytes
    },
    get waiters() {
      return waits.forRoom
    },
    get waiterBytes() {
      return waits.forRoomBytes
    },
    get awaited() {
      return waits.forReply
    },
    get breakerOpen() {
      return waits.breakerOpen
    },
    get diskBreakerOpen() {
      return waits.diskBreakerOpen
    },
    offer(records, { policy, waitMs: wanted }, done) {
      const waitMs = waitsEnded ? 0 : wanted
      const offer = { records, policy, deadline: performance.now() + waitMs, done }
      const decision = decide(offer)
      if (decision === 'admit') admit(offer)
      else if (decision === 'wait') {
        waits.waitForRoom(records, waitMs, (how) =>
          how === 'admitted' ? admit(offer) : refuse(offer, 'wait_timeout'),
        )
      } else if (decision === 'overloaded') done('overloaded')
      else refuse(offer, decision)
    },
    lanes: () => lanes.values(),
    letGo(topic) {
      const lane = lanes.get(topic)
      if (lane !== undefined && (lane.records > 0 || lane.waiters > 0)) return false
      lanes.delete(topic)
      return true
    },
    endWaits() {
      waitsEnded = true
      waits.endAll()
    },
    toDeadLetters(lane, record, letter) {
      // The letter is in the log before the record is told to be done there.
      if (disk?.accepts) disk.append([letter])
      lane.surrender(record)
      room.exchange(record, letter)
      const dead = laneOf(letter.topic)
      dead.push(letter)
      deps.onRecords(dead)
      waits.lost([record])
    },
    peek: (count) => [...lanes.values()].flatMap((lane) => lane.peek(count)),
    recover(recovery, lastSeq) {
      ledger.recordsRecovered(recovery.records)
      for (const { topic, records, bytes } of recovery.lanes) {
        const lane = laneOf(topic)
        room.adopt(records, bytes)
        lane.adopt(records, bytes, lastSeq)
        deps.onRecords(lane)
      }
    },
    stored: waits.stored,
    diskChanged: waits.serve,
    unreadable: (topic, records, bytes) => laneOf(topic).lose(records, bytes),
    abandon() {
      let lost = 0
      for (const lane of lanes.values()) lost += lane.abandon('shutdown', disk?.storedSeq ?? 0)
      return lost
    },
  }
}

const RANK = { low: 0, normal: 1, high: 2 } as const
