import { type KafkaRecord, recordBytes } from '../../src/rules/kafka-record.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/rules/policy.ts'

/** A record for tests: `value` as text, key null when asked for. */
export function record(
  topic: string,
  key: string | null,
  value: string | Buffer,
  more: {
    headers?: Record<string, string>
    timestampMs?: number
    partition?: number
    policy?: Partial<Policy>
  } = {},
): KafkaRecord {
  const parts = {
    topic,
    key: key === null ? null : Buffer.from(key),
    value: Buffer.isBuffer(value) ? value : Buffer.from(value),
    headers: more.headers ?? {},
  }
  return {
    ...parts,
    partition: more.partition ?? null,
    // Of now: Kafka deletes what is older than its retention, by this timestamp.
    timestampMs: more.timestampMs ?? Date.now(),
    receivedAtMs: Date.now(),
    rule: 'test',
    policy: { ...DEFAULT_POLICY, ...more.policy },
    bytes: recordBytes(parts),
    seq: 0,
  }
}

/** `count` numbered records over `keys` keys, each key's numbers rising. */
export const numbered = (topic: string, count: number, keys: number, from = 0): KafkaRecord[] =>
  Array.from({ length: count }, (_, i) => record(topic, `device-${(from + i) % keys}`, String(from + i)))
