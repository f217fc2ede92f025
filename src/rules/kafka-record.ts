/** One record for Kafka, complete and immutable: what a rule made of an event. */
export interface KafkaRecord {
  /** The Kafka topic. */
  readonly topic: string
  /** Decides the partition as Java's murmur2 does; null: any partition. */
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** The record's own timestamp, in ms since 1970. */
  readonly timestampMs: number
  /** The rule that made it, for metrics. */
  readonly rule: string
  /** Encoded size: what the queue counts. */
  readonly bytes: number
}

/** What Kafka's record format and our own book-keeping add to a record's parts, at most, in bytes. */
const RECORD_OVERHEAD_BYTES = 64

/** Bytes of a record as the queue counts them: topic, key, value and headers, plus a fixed overhead. */
export function recordBytes(record: Omit<KafkaRecord, 'bytes' | 'rule' | 'timestampMs'>): number {
  let bytes = RECORD_OVERHEAD_BYTES + record.topic.length + record.value.length + (record.key?.length ?? 0)
  for (const name in record.headers) bytes += name.length + Buffer.byteLength(record.headers[name] ?? '')
  return bytes
}
