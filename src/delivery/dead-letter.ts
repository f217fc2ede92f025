import type { FailureKind } from '../kafka/kafka-driver.ts'
import { type KafkaRecord, partitionOf, recordBytes } from '../rules/kafka-record.ts'

/** The headers with which a dead letter tells where it was bound for and why it did not get there. */
export const DEAD_LETTER_HEADERS = {
  /** The Kafka topic it was bound for; of a rule that found none, the template of it. */
  topic: 'exhook-original-topic',
  /** Its own timestamp, in ms since 1970. */
  timestamp: 'exhook-original-timestamp',
  /** Only where its rule chose one: its partition. */
  partition: 'exhook-original-partition',
  /** The rule that made it. */
  rule: 'exhook-rule',
  /** `record` or `topic`: what Kafka refused; `rule`: its rule found no topic for it. */
  kind: 'exhook-failure-kind',
  /** Kafka's name of the error. */
  code: 'exhook-failure-code',
  /** The error in words. */
  error: 'exhook-failure',
  /** Only on a value that was cut: its length before, in bytes. */
  cut: 'exhook-value-cut-from',
} as const

/** Why a record died: what Kafka said of it, or `rule` where its rule found no Kafka topic for it. */
export interface CauseOfDeath {
  readonly kind: FailureKind | 'rule'
  readonly code: string
  /** For people; holds neither keys nor values. */
  readonly message: string
}

/** Values longer than this are cut: what was refused as too large would be refused again. */
export const MAX_DEAD_VALUE_BYTES = 512 * 1024

/**
 * The dead letter of a record: the same key and headers, and the same value unless that is cut. Its timestamp is
 * the present, because a timestamp may be what Kafka refused; its partition that of its key, because the topic is another.
 */
export function toDeadLetter(
  record: KafkaRecord,
  failure: CauseOfDeath,
  topic: string,
  nowMs: number,
): KafkaRecord {
  const { length } = record.value
  const parts = {
    topic,
    key: record.key,
    value:
      length > MAX_DEAD_VALUE_BYTES
        ? Buffer.from(record.value.subarray(0, MAX_DEAD_VALUE_BYTES))
        : record.value,
    headers: {
      ...record.headers,
      [DEAD_LETTER_HEADERS.topic]: record.topic,
      [DEAD_LETTER_HEADERS.timestamp]: String(record.timestampMs),
      ...(record.partition !== null && { [DEAD_LETTER_HEADERS.partition]: String(record.partition) }),
      [DEAD_LETTER_HEADERS.rule]: record.rule,
      [DEAD_LETTER_HEADERS.kind]: failure.kind,
      [DEAD_LETTER_HEADERS.code]: failure.code,
      [DEAD_LETTER_HEADERS.error]: failure.message.slice(0, 500),
      ...(length > MAX_DEAD_VALUE_BYTES && { [DEAD_LETTER_HEADERS.cut]: String(length) }),
    },
  }
  return { ...record, ...parts, partition: null, timestampMs: nowMs, bytes: recordBytes(parts), seq: 0 }
}

/** What a dead letter was before, as far as it says so. */
export interface DeadRecord {
  readonly originalTopic: string
  readonly originalTimestampMs: number
  /** null: by key. */
  readonly originalPartition: number | null
  readonly rule: string
  readonly kind: string
  readonly code: string
  readonly error: string
  /** The length of the value before it was cut, in bytes; null: it is whole. */
  readonly cutFromBytes: number | null
  /** The record's own headers. */
  readonly headers: Readonly<Record<string, string>>
}

/** Reads the headers of a dead letter; null when it is none of ours. */
export function readDeadLetter(headers: Readonly<Record<string, string>>): DeadRecord | null {
  const originalTopic = headers[DEAD_LETTER_HEADERS.topic]
  if (originalTopic === undefined || originalTopic === '') return null
  const ours = new Set<string>(Object.values(DEAD_LETTER_HEADERS))
  const cut = headers[DEAD_LETTER_HEADERS.cut]
  return {
    originalTopic,
    originalTimestampMs: Number(headers[DEAD_LETTER_HEADERS.timestamp] ?? 0),
    originalPartition: partitionOf(headers[DEAD_LETTER_HEADERS.partition] ?? ''),
    rule: headers[DEAD_LETTER_HEADERS.rule] ?? '',
    kind: headers[DEAD_LETTER_HEADERS.kind] ?? '',
    code: headers[DEAD_LETTER_HEADERS.code] ?? '',
    error: headers[DEAD_LETTER_HEADERS.error] ?? '',
    cutFromBytes: cut === undefined ? null : Number(cut),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.has(name))),
  }
}
