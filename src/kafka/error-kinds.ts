import type { FailureKind } from './kafka-driver.ts'

/**
 * Kafka's error codes by whose fault they are. Names as in Kafka's protocol guide; older names that clients still
 * use stand beside the new ones. A code that is not here is retried: giving up would lose records.
 */
const KINDS: Readonly<Record<string, FailureKind>> = {
  // The record's own.
  MESSAGE_TOO_LARGE: 'record',
  RECORD_LIST_TOO_LARGE: 'record',
  CORRUPT_MESSAGE: 'record',
  INVALID_RECORD: 'record',
  INVALID_TIMESTAMP: 'record',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'record',
  // The topic's own.
  UNKNOWN_TOPIC_OR_PARTITION: 'topic',
  UNKNOWN_TOPIC_ID: 'topic',
  INCONSISTENT_TOPIC_ID: 'topic',
  TOPIC_AUTHORIZATION_FAILED: 'topic',
  INVALID_TOPIC_EXCEPTION: 'topic',
  POLICY_VIOLATION: 'topic',
  // The cluster's own.
  CLUSTER_AUTHORIZATION_FAILED: 'cluster',
  SASL_AUTHENTICATION_FAILED: 'cluster',
  ILLEGAL_SASL_STATE: 'cluster',
  UNSUPPORTED_SASL_MECHANISM: 'cluster',
  UNSUPPORTED_VERSION: 'cluster',
  // Nobody's: the network.
  NETWORK_EXCEPTION: 'connection',
}

/**
 * Refusals that an idempotent producer cannot outlive: its sequence no longer fits the broker's. Only a new
 * producer id helps, and what was under way may then be in Kafka twice.
 */
const FATAL_TO_PRODUCER: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
])

/** Sorts one of Kafka's error codes, by name. */
export const kindOfCode = (code: string): FailureKind => KINDS[code] ?? 'retriable'

/** Whether the producer has to be replaced after this code. */
export const isFatalToProducer = (code: string): boolean => FATAL_TO_PRODUCER.has(code)

/** The broker has the batch already: it counts as delivered. */
export const isAlreadyThere = (code: string): boolean => code === 'DUPLICATE_SEQUENCE_NUMBER'

/** Whether a code is one of Kafka's own, said by a broker, and not a client library's name for what went wrong. */
export const isKafkasWord = (code: string): boolean => /^[A-Z][A-Z0-9_]+$/.test(code)
