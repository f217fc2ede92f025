import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { Policy } from '../rules/policy.ts'

/**
 * How an offer ended:
 * `queued` all records are in the queue;
 * `stored` all of them are on disk;
 * `delivered` Kafka has acknowledged all of them;
 * `late` they are in the queue, and the disk or Kafka did not confirm them in time: the call is answered all the same;
 * `dropped` none is in the queue, and each was counted as a drop with its reason: the call is answered all the same;
 * `rejected` the message is to be rejected; what was not yet under way to Kafka was withdrawn and counted;
 * `overloaded` nothing was taken and nothing counted: too many calls wait already, the call is to be refused.
 */
export type OfferOutcome = 'queued' | 'stored' | 'delivered' | 'late' | 'dropped' | 'rejected' | 'overloaded'

export interface OfferOptions {
  /** What holds for the event as a whole; `by-qos` is settled by the caller. */
  readonly policy: SettledPolicy
  /** How long the call may be held up, for room and for Kafka together, in ms from now; 0 or less: not at all. */
  readonly waitMs: number
}

/** A policy of which it is known what happens when the queue is full. */
export type SettledPolicy = Policy & { readonly overflow: Exclude<Policy['overflow'], 'by-qos'> }

/** The part of the queue that the hook path sees. */
export interface RecordIntake {
  /**
   * Offers the records of one event: all of them enter the queue, or none does.
   * Never throws. Calls `done` exactly once, before it returns unless the call has to wait.
   */
  offer(records: readonly KafkaRecord[], options: OfferOptions, done: (outcome: OfferOutcome) => void): void
}
