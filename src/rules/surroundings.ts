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
  /** A rule could not do its work on an event. */
  onError(rule: string, error: RuleError): void
  /** A record without a Kafka topic was given up, because there are no dead letters. */
  onDropped(rule: string): void
}

/** For rules by themselves: no dead letters, no limit, nobody is told. */
export const ALONE: Surroundings = {
  deadLetterTopic: null,
  topics: createTopicLimit(Number.POSITIVE_INFINITY),
  onError: () => {},
  onDropped: () => {},
}
