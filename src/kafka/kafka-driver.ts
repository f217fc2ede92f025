import type { Logger } from 'pino'
import type { KafkaRecord } from '../rules/kafka-record.ts'

/**
 * Whose fault a failure is, which decides what happens next:
 * `connection` no broker can be reached: everything waits for one;
 * `cluster` the cluster refuses us as a whole (credentials, rights, versions): everything waits;
 * `retriable` the same batch will succeed later: its lane waits;
 * `topic` Kafka refuses the topic: its lane waits on its own clock, the others go on;
 * `record` Kafka refuses a record of the batch: the batch is split until the record is found.
 */
export type FailureKind = 'connection' | 'cluster' | 'retriable' | 'topic' | 'record'

export interface KafkaFailure {
  readonly kind: FailureKind
  /** Kafka's name of the error (`UNKNOWN_TOPIC_OR_PARTITION`), or the client library's where Kafka said nothing. */
  readonly code: string
  /** For people; holds neither keys nor values. */
  readonly message: string
}

/**
 * Records of one Kafka topic, in order, whose composition no longer changes. Sending it again is what an idempotent
 * producer recognises as the same; anything else would be a duplicate or a gap in its sequence.
 */
export interface FrozenBatch {
  readonly topic: string
  readonly records: readonly KafkaRecord[]
}

export interface SendOutcome {
  /** Acknowledged by all in-sync replicas. */
  readonly delivered: readonly KafkaRecord[]
  /** What is not (or not known to be) in Kafka, in parts that share no partition; each is to be sent again as it is. */
  readonly left: readonly { readonly batch: FrozenBatch; readonly failure: KafkaFailure }[]
}

/**
 * A Kafka client behind a small interface. Idempotent, acks=all, keys partitioned as Java's default partitioner does.
 * It needs no start: it connects when it is first used, and again after every failure.
 */
export interface KafkaDriver {
  /** Fixes the composition of a batch. */
  freeze(topic: string, records: readonly KafkaRecord[]): FrozenBatch
  /**
   * Sends a batch once, without retries of its own beyond stale metadata. Never rejects. The caller keeps to one
   * outstanding call for each Kafka topic. After a failure of kind `record` nothing of that part is in Kafka.
   */
  send(batch: FrozenBatch): Promise<SendOutcome>
  /** Asks the cluster for a sign of life, over a connection of its own; null: it answered. Never rejects. */
  probe(): Promise<KafkaFailure | null>
  /** Closes the connections; safe twice and without use. */
  stop(): Promise<void>
}

/** What every driver needs of the program around it. */
export interface KafkaDriverDeps {
  readonly log: Logger
  /** A producer id was replaced: duplicates are possible. */
  readonly onRenewal: () => void
}
