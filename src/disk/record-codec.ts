import type { KafkaRecord } from '../rules/kafka-record.ts'
import { DEFAULT_POLICY, type Policy, type Priority } from '../rules/policy.ts'
import { FRAME_HEADER_BYTES } from './frame.ts'
import { putVarint, VarintReader } from './varint.ts'

/**
 * The body of a RECORDS frame:
 *
 *     base seq f64 | count | count times: length u32 and
 *         seq − base | topic | bytes | priority u8 | timestampMs f64 | receivedAtMs f64 | rule
 *         | 0, or 1 + the partition | 0, or 1 + length of the key, and the key | value | number of headers | their names and values
 *
 * Numbers without a type are varints; texts and buffers have their length before them. Nothing in a record depends
 * on the others, so that compaction copies single records as they are.
 */

const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high']

/** What a rule asked for is over once its record is read back; only how full the queue may be for it is kept. */
const POLICIES: readonly Policy[] = PRIORITIES.map((priority) =>
  priority === DEFAULT_POLICY.priority ? DEFAULT_POLICY : Object.freeze({ ...DEFAULT_POLICY, priority }),
)

const BASE_BYTES = 8
const RECORDS_OVERHEAD = BASE_BYTES + 8
const RECORD_OVERHEAD = 72
const HEADER_OVERHEAD = 16

/** A record's body takes at most so many bytes. */
export function recordsBound(records: readonly KafkaRecord[]): number {
  let bound = RECORDS_OVERHEAD
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as KafkaRecord
    const { headers } = record
    bound += RECORD_OVERHEAD + record.value.length + (record.key === null ? 0 : record.key.length)
    // A character of UTF-16 takes three bytes at most.
    bound += 3 * (record.topic.length + record.rule.length)
    for (const name in headers)
      bound += HEADER_OVERHEAD + 3 * (name.length + (headers[name] as string).length)
  }
  return bound
}

/** Writes the body for records numbered from `firstSeq` on; there must be `recordsBound` of room. Returns its end. */
export function encodeRecords(
  to: Buffer,
  start: number,
  records: readonly KafkaRecord[],
  firstSeq: number,
): number {
  let at = beginRecords(to, start, firstSeq, records.length)
  for (let i = 0; i < records.length; i++) {
    const end = encodeRecord(to, at + 4, records[i] as KafkaRecord, i)
    to.writeUInt32LE(end - at - 4, at)
    at = end
  }
  return at
}

/** The body up to its first record. */
export function beginRecords(to: Buffer, start: number, base: number, count: number): number {
  return putVarint(to, to.writeDoubleLE(base, start), count)
}

function encodeRecord(to: Buffer, start: number, record: KafkaRecord, seqOffset: number): number {
  const { key, value, headers } = record
  let at = putVarint(to, start, seqOffset)
  at = putText(to, at, record.topic)
  at = putVarint(to, at, record.bytes)
  to[at++] = PRIORITIES.indexOf(record.policy.priority)
  at = to.writeDoubleLE(record.timestampMs, at)
  at = to.writeDoubleLE(record.receivedAtMs, at)
  at = putText(to, at, record.rule)
  at = putVarint(to, at, record.partition === null ? 0 : record.partition + 1)
  if (key === null) to[at++] = 0
  else {
    at = putVarint(to, at, key.length + 1)
    to.set(key, at)
    at += key.length
  }
  at = putVarint(to, at, value.length)
  to.set(value, at)
  at += value.length
  let count = 0
  for (const _ in headers) count++
  at = putVarint(to, at, count)
  for (const name in headers) at = putText(to, putText(to, at, name), headers[name] as string)
  return at
}

/** Text whose length surely fits into one byte is written once, without counting its bytes first. */
const SHORT_TEXT = 42

function putText(to: Buffer, start: number, text: string): number {
  if (text.length <= SHORT_TEXT) {
    const bytes = to.write(text, start + 1)
    to[start] = bytes
    return start + 1 + bytes
  }
  const at = putVarint(to, start, Buffer.byteLength(text))
  return at + to.write(text, at)
}

/** Walks the records of one frame after the other, and decodes only those that are asked for. */
export class RecordCursor {
  /** Of the record that the cursor is at. */
  seq = 0
  bytes = 0
  /** The number that the frame's records count from, and how many there are. */
  base = 0
  count = 0
  /** Of the whole frame, on disk. */
  frameBytes = 0
  private left = 0
  private begins = 0
  private topicAt = 0
  private topicEnd = 0
  private ends = 0
  private readonly reader = new VarintReader()
  private lastTopic = ''
  private lastTopicBytes: Buffer = Buffer.alloc(0)

  /** Before the first record of the body from `start` to `end`. */
  enter(buffer: Buffer, start: number, end: number): void {
    const { reader } = this
    reader.reset(buffer, start + BASE_BYTES, end)
    this.base = buffer.readDoubleLE(start)
    this.frameBytes = end - start + FRAME_HEADER_BYTES
    this.count = reader.next()
    this.left = this.count
    this.ends = reader.at
  }

  /** On to the next record; false when there is none. */
  next(): boolean {
    if (this.left === 0) return false
    this.left--
    const { reader } = this
    this.begins = this.ends
    this.ends += 4 + reader.buffer.readUInt32LE(this.begins)
    reader.at = this.begins + 4
    this.seq = this.base + reader.next()
    const topicLength = reader.next()
    this.topicAt = reader.at
    this.topicEnd = reader.at += topicLength
    this.bytes = reader.next()
    return true
  }

  /** The record's topic. The text of the one before is used again: most neighbours share it. */
  get topic(): string {
    if (!this.isTopic(this.lastTopicBytes)) {
      this.lastTopicBytes = Buffer.from(this.reader.buffer.subarray(this.topicAt, this.topicEnd))
      this.lastTopic = this.lastTopicBytes.toString()
    }
    return this.lastTopic
  }

  isTopic(topic: Buffer): boolean {
    const { topicAt } = this
    if (this.topicEnd - topicAt !== topic.length) return false
    const { buffer } = this.reader
    // From the end: Kafka topics have beginnings in common.
    for (let i = topic.length - 1; i >= 0; i--) if (buffer[topicAt + i] !== topic[i]) return false
    return true
  }

  /** Copies the record as it is written, its length included; returns its end there. */
  copy(to: Buffer, at: number): number {
    return at + this.reader.buffer.copy(to, at, this.begins, this.ends)
  }

  /** The record, sharing no memory with the buffer. Once for each record. */
  decode(topic: string): KafkaRecord {
    const { reader } = this
    const { buffer } = reader
    const policy = POLICIES[buffer[reader.at] as number] ?? DEFAULT_POLICY
    const timestampMs = buffer.readDoubleLE(reader.at + 1)
    const receivedAtMs = buffer.readDoubleLE(reader.at + 9)
    reader.at += 17
    const rule = this.text()
    const partition = reader.next() - 1
    const keyLength = reader.next() - 1
    const key = keyLength < 0 ? null : this.part(keyLength)
    const value = this.part(reader.next())
    const headers: Record<string, string> = {}
    for (let left = reader.next(); left > 0; left--) {
      const name = this.text()
      const text = this.text()
      if (name === '__proto__') Object.defineProperty(headers, name, { ...OWN, value: text })
      else headers[name] = text
    }
    const { seq, bytes } = this
    return {
      ...{ topic, key, partition: partition < 0 ? null : partition, value, headers },
      ...{ timestampMs, receivedAtMs, rule, policy, bytes, seq },
    }
  }

  private text(): string {
    const { reader } = this
    const length = reader.next()
    const at = reader.at
    reader.at += length
    return reader.buffer.toString('utf8', at, at + length)
  }

  private part(length: number): Buffer {
    const { reader } = this
    const copy = Buffer.allocUnsafe(length)
    reader.buffer.copy(copy, 0, reader.at, reader.at + length)
    reader.at += length
    return copy
  }
}

/** As an assignment makes a property. */
const OWN = { enumerable: true, configurable: true, writable: true }
