import type { KafkaRecord } from '../rules/kafka-record.ts'

/** What happens to an event's records when the queue has no room. */
export type Overflow = 'wait' | 'drop-newest'

/**
 * How an offer ended:
 * `queued` all records are in the queue;
 * `dropped` none is, and each was counted as a drop with its reason;
 * `overloaded` none is and none was counted: too many calls wait already, the call is to be refused.
 */
export type OfferOutcome = 'queued' | 'dropped' | 'overloaded'

export interface OfferOptions {
  readonly overflow: Overflow
  /** How long the call may be held up for room, in ms from now; 0 or less: not at all. */
  readonly waitMs: number
}

/** The part of the queue that the hook path sees. */
export interface RecordIntake {
  /**
   * Offers the records of one event: all of them enter the queue, or none does.
   * Never throws. Calls `done` exactly once, before it returns unless the offer has to wait for room.
   */
  offer(records: readonly KafkaRecord[], options: OfferOptions, done: (outcome: OfferOutcome) => void): void
}
