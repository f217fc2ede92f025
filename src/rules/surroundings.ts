import { createTopicLimit, type TopicLimit } from './topic-limit.ts'

/** Why a rule could make no record, none for a Kafka topic, or one without the partition it asks for, of an event that it matched. */
export type RuleErrorCode =
  /** Its condition could not be evaluated: the event counts as not matched. */
  | 'CONDITION_FAILED'
  /** The same, as the condition asks for the JSON of a payload that is too long to be looked into. */
  | 'JSON_TOO_LARGE'
  /** The same, as that is nested too deeply. */
  | 'JSON_TOO_DEEP'
  /** Its template made no number of a partition: the key chooses it. */
  | 'PARTITION_ILLEGAL'
  /** All records of the event together would be larger than an event may make: there is none. */
  | 'EVENT_TOO_LARGE'
  | TopicErrorCode

/** Why the template of a Kafka topic led nowhere. */
export type TopicErrorCode =
  | 'TOPIC_MISSING_FIELD'
  | 'TOPIC_ILLEGAL'
  | 'TOPIC_NOT_ALLOWED'
  /** One topic more than `kafka.max_topics`. */
  | 'TOO_MANY_TOPICS'

/** What went wrong with a rule and an event. */
export interface RuleError {
  readonly code: RuleErrorCode
  /** For people; holds nothing that a device sent. */
  readonly message: string
}

/** What rules need of the program that they run in. None of it throws. */
export interface Surroundings {
  /** Where records go whose own Kafka topic cannot be told; null: nowhere. */
  readonly deadLetterTopic: string | null
  readonly topics: TopicLimit
  /** The records of one event may take so many bytes together; those of one SUBSCRIBE or UNSUBSCRIBE at most 16 MiB. */
  readonly maxEventBytes: number
  /** A rule could not do its work on an event. */
  onError(rule: string, error: RuleError): void
  /** A record was given up: it has no Kafka topic and there are no dead letters, or its event makes too much. */
  onDropped(rule: string, reason: 'no_topic' | 'larger_than_queue'): void
}

/** What the records of an event may take where nobody says otherwise. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024

/** For rules by themselves: no dead letters, no limit of topics, nobody is told. */
export const ALONE: Surroundings = {
  deadLetterTopic: null,
  topics: createTopicLimit(Number.POSITIVE_INFINITY),
  maxEventBytes: MAX_EVENT_BYTES,
  onError: () => {},
  onDropped: () => {},
}
