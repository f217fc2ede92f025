import type { Policy } from './policy.ts'

/** One record for Kafka, complete and immutable: what a rule made of an event. */
export interface KafkaRecord {
  /** The Kafka topic. */
  readonly topic: string
  /** Decides the partition as Java's murmur2 does, where the rule chose none; null: any partition. */
  readonly key: Buffer | null
  /** The partition that the rule chose; null: by key. */
  readonly partition: number | null
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** The record's own timestamp, in ms since 1970. */
  readonly timestampMs: number
  /** When the hook call was received, in ms since 1970. */
  readonly receivedAtMs: number
  /** The rule that made it, for metrics. */
  readonly rule: string
  /** How it is treated on its way: its rule's, shared by all records of the rule. */
  readonly policy: Policy
  /** Encoded size: what the queue counts. */
  readonly bytes: number
  /** Its number in the queue's log on disk, which alone sets it; 0: it is not in there. */
  seq: number
}

/** The parts of a record that take room. */
export type RecordParts = Pick<KafkaRecord, 'topic' | 'key' | 'value' | 'headers'>

/** What Kafka's record format and our own book-keeping add to a record's parts, at most, in bytes. */
const RECORD_OVERHEAD_BYTES = 64

/** Bytes of a record as the queue counts them: topic, key, value and headers, plus a fixed overhead. */
export function recordBytes(record: RecordParts): number {
  let bytes = RECORD_OVERHEAD_BYTES + record.topic.length + record.value.length + (record.key?.length ?? 0)
  for (const name in record.headers) bytes += name.length + Buffer.byteLength(record.headers[name] ?? '')
  return bytes
}

/** The largest number of a partition: Kafka counts them in 32 bits, one of which is the sign. */
export const MAX_PARTITION = 2 ** 31 - 1

/** The partition that a text names; null when it is no whole number from 0 to MAX_PARTITION. */
export function partitionOf(text: string): number | null {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  return number <= MAX_PARTITION ? number : null
}
