import type { KafkaFailure } from './kafka-driver.ts'

/** A record as it is found in Kafka. */
export interface ReadRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The record's own timestamp, in ms since 1970. */
  readonly timestampMs: number
  readonly key: Buffer | null
  /** null: a tombstone. */
  readonly value: Buffer | null
  /** By name; a list of more than one where the name is repeated. */
  readonly headers: Readonly<Record<string, readonly (Buffer | null)[]>>
}

/** Records of one partition, in order. */
export interface ReadBatch {
  readonly partition: number
  readonly records: readonly ReadRecord[]
}

export interface ReadRequest {
  readonly topic: string
  /** Where to begin in a partition for which the group has no offset, or without a group. */
  readonly from: 'earliest' | 'latest'
  /**
   * Begin at the offsets that this group committed. A group that has members is refused. Where it has none and `from` is
   * `latest`, the place of the beginning is committed, so that the next reading begins there.
   */
  readonly group?: string
  /** What these groups have passed counts as passed by `group`. */
  readonly alsoPassedBy?: readonly string[]
  /** End at what is the end of each partition when the reading begins. */
  readonly toEnd: boolean
  /** Ends the reading, soon and without an error. */
  readonly signal: AbortSignal
  /** Told when the places are known from which it reads on. */
  readonly onStart?: () => void
}

/**
 * Reads topics without being a member of any group: nobody else's partitions move because somebody looks. It shows
 * what is committed, of transactions too, and asks for the next records only when the last batch was dealt with.
 */
export interface RecordReader {
  /**
   * The records of all partitions. A broker that goes away is waited for a while.
   * @throws KafkaReadError when the topic or the group cannot be read, or no broker answers.
   */
  read(request: ReadRequest): AsyncGenerator<ReadBatch, void, void>
  /**
   * Sets where the group goes on in this partition.
   * @throws KafkaReadError when Kafka does not take it, as when the group has members by now.
   */
  commit(group: string, topic: string, partition: number, next: number): Promise<void>
  /** Closes the connections; safe twice and without use. Does not wait long for a broker that does not answer. */
  stop(): Promise<void>
}

/** What kept a reader from reading or committing. */
export class KafkaReadError extends Error {
  readonly failure: KafkaFailure

  constructor(failure: KafkaFailure, cause?: unknown) {
    super(failure.message, { cause })
    this.name = 'KafkaReadError'
    this.failure = failure
  }
}

/** The code of a group that has members, who alone may set its offsets. */
export const GROUP_HAS_MEMBERS = 'GroupHasMembers'
