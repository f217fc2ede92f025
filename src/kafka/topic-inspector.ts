import type { KafkaFailure } from './kafka-driver.ts'

/** What a broker says of one Kafka topic. */
export interface TopicReport {
  readonly topic: string
  /**
   * Kafka's name of what is wrong with the topic as a whole; null: it is there and we may see it. A topic that we may
   * not see is `TOPIC_AUTHORIZATION_FAILED`, whether it exists or not.
   */
  readonly error: string | null
  /** Number of partitions; 0 with an error. */
  readonly partitions: number
  /** Ids of the partitions without a leader: nothing can be written there now. */
  readonly leaderless: readonly number[]
  /** Whether our user may write to it; null: we may not see it, or the broker is too old to say (before Kafka 2.3). */
  readonly mayWrite: boolean | null
  /** The topic's `max.message.bytes`; null: not known, as we may not see the topic's configuration. */
  readonly maxMessageBytes: number | null
}

/** How topics are made. */
export interface TopicSpec {
  /** null: the broker's own default. */
  readonly partitions: number | null
  /** null: the broker's own default. */
  readonly replication: number | null
  /** Kafka's settings, `name=value` each. */
  readonly config: readonly string[]
}

/** What was found, or why nothing was: one of the two. */
export interface Inspection {
  /** In the order in which they were asked for; empty after a failure. */
  readonly reports: readonly TopicReport[]
  readonly failure: KafkaFailure | null
}

export interface Creation {
  /** Made now, in the order in which they were asked for. They may take a moment to be seen by every broker. */
  readonly created: readonly string[]
  /** Refused, each with Kafka's reason. A topic that was there already is neither created nor refused. */
  readonly refused: ReadonlyMap<string, KafkaFailure>
  /** Why nothing at all was answered; null: it was. */
  readonly failure: KafkaFailure | null
}

/**
 * Looks at Kafka topics and makes them, over connections of its own that are closed afterwards. Neither call rejects or
 * tries again by itself. Looking creates nothing, also where the broker would create topics that clients ask for.
 */
export interface TopicInspector {
  inspect(topics: readonly string[]): Promise<Inspection>
  create(topics: readonly string[], spec: TopicSpec): Promise<Creation>
}
