/** Why a call was answered with a gRPC error instead of a hook's reply. */
export type RefusalReason = 'malformed' | 'overloaded' | 'too_large' | 'incomplete' | 'internal'

/** Why a record left the queue, or never entered it, without reaching Kafka. */
export type DropReason =
  | 'queue_full'
  | 'wait_timeout'
  | 'breaker_open'
  | 'larger_than_queue'
  | 'rejected'
  | 'evicted'
  | 'too_old'
  | 'topic_refused'
  | 'dead_letters_failed'
  | 'record_too_large'
  | 'record_invalid'
  | 'disk_unreadable'
  | 'no_topic'
  | 'shutdown'

/** Where a dead letter is kept. */
export type DeadLetterPlace = 'topic' | 'file'

/** The whole account at one moment. */
export interface LedgerSnapshot {
  readonly calls: number
  readonly matched: number
  readonly unmatched: number
  readonly refused: Readonly<Record<RefusalReason, number>>
  readonly records: number
  /** Records that an earlier life of the process had left on disk. */
  readonly recovered: number
  readonly delivered: number
  /** Records that Kafka refused and that stand in the dead-letter topic, or in its file. */
  readonly deadLettered: Readonly<Record<DeadLetterPlace, number>>
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Records in the queue, in flight included, as counted by the lanes themselves. */
  readonly queued: number
  /** Records of rejected messages that were under way to Kafka by then; each is counted above as well. */
  readonly rejectedButSent: number
}

/**
 * The account of everything that came and went. It balances at every moment:
 * calls = matched + unmatched + refused, and records + recovered = delivered + dead-lettered + dropped +
 * queued.
 * Both sides are counted apart, so that an imbalance shows a fault instead of hiding it.
 * Only hook calls count as calls: OnProviderLoaded and OnProviderUnloaded do not.
 */
export interface Ledger {
  callMatched(): void
  callUnmatched(): void
  callRefused(reason: RefusalReason): void
  /** `count` records were offered to the queue and decided on: queued, or dropped at once. */
  recordsTaken(count: number): void
  /** `count` records of an earlier life were found on disk and are in the queue. */
  recordsRecovered(count: number): void
  recordsDelivered(count: number): void
  recordsDeadLettered(count: number, place: DeadLetterPlace): void
  recordsDropped(count: number, reason: DropReason): void
  recordsRejectedButSent(count: number): void
  /** Everything in one step. `queued` is asked of the queue at that moment. */
  snapshot(): LedgerSnapshot
}

export interface LedgerDeps {
  /** Records in the queue now, in flight included. */
  readonly queuedRecords: () => number
}

export function createLedger(deps: LedgerDeps): Ledger {
  let calls = 0
  let matched = 0
  let unmatched = 0
  let records = 0
  let recovered = 0
  let delivered = 0
  let rejectedButSent = 0
  const refused: Record<RefusalReason, number> = {
    malformed: 0,
    overloaded: 0,
    too_large: 0,
    incomplete: 0,
    internal: 0,
  }
  const deadLettered: Record<DeadLetterPlace, number> = { topic: 0, file: 0 }
  const dropped: Record<DropReason, number> = {
    queue_full: 0,
    wait_timeout: 0,
    breaker_open: 0,
    larger_than_queue: 0,
    rejected: 0,
    evicted: 0,
    too_old: 0,
    topic_refused: 0,
    dead_letters_failed: 0,
    record_too_large: 0,
    record_invalid: 0,
    disk_unreadable: 0,
    no_topic: 0,
    shutdown: 0,
  }

  return {
    callMatched() {
      calls++
      matched++
    },
    callUnmatched() {
      calls++
      unmatched++
    },
    callRefused(reason) {
      calls++
      refused[reason]++
    },
    recordsTaken(count) {
      records += count
    },
    recordsRecovered(count) {
      recovered += count
    },
    recordsDelivered(count) {
      delivered += count
    },
    recordsDeadLettered(count, place) {
      deadLettered[place] += count
    },
    recordsDropped(count, reason) {
      dropped[reason] += count
    },
    recordsRejectedButSent(count) {
      rejectedButSent += count
    },
    snapshot: () => ({
      calls,
      matched,
      unmatched,
      refused: { ...refused },
      records,
      recovered,
      delivered,
      deadLettered: { ...deadLettered },
      dropped: { ...dropped },
      queued: deps.queuedRecords(),
      rejectedButSent,
    }),
  }
}

/** Whether both equations of the account hold. */
export function balances(s: LedgerSnapshot): boolean {
  const refused = Object.values(s.refused).reduce((sum, n) => sum + n, 0)
  const dropped = Object.values(s.dropped).reduce((sum, n) => sum + n, 0)
  const dead = s.deadLettered.topic + s.deadLettered.file
  return (
    s.calls === s.matched + s.unmatched + refused &&
    s.records + s.recovered === s.delivered + dead + dropped + s.queued
  )
}
