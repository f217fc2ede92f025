import type { Compression } from '../config/config.ts'
import type { NumberedPart, ProducerId } from './broker-link.ts'
import { COMPRESS } from './codecs.ts'
import { encodeRecord } from './record-encoder.ts'

/** Bytes before the first record, and where the fields begin that the checksum and the length leave out. */
const HEAD_BYTES = 61
const LENGTH_FROM = 12
const CRC_FROM = 21

/** Kafka's numbers of the codecs. */
const ATTRIBUTES: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

export interface RecordBatchOptions {
  readonly producer: ProducerId
  readonly compression: Compression
  /** The Castagnoli CRC of the bytes, unsigned. */
  readonly crc32c: (bytes: Buffer) => number
}

/**
 * Encodes a part as Kafka's record batch, magic 2, into one buffer. Encoding it again gives the same bytes.
 * Source: Kafka's protocol guide, Record Batch.
 */
export async function encodeRecordBatch(part: NumberedPart, options: RecordBatchOptions): Promise<Buffer> {
  const { producer, compression } = options
  const { records } = part
  const baseTimestampMs = records[0]?.timestampMs ?? 0
  let maxTimestampMs = baseTimestampMs
  let bytes = 0
  const encoded = records.map(({ key, value, headers, timestampMs }, offsetDelta) => {
    maxTimestampMs = Math.max(maxTimestampMs, timestampMs)
    const timestampDelta = timestampMs - baseTimestampMs
    const { buf } = encodeRecord({ offsetDelta, timestampDelta, key, value, headers })
    bytes += buf.length
    return buf
  })
  const batch =
    compression === 'none'
      ? withHead(encoded, bytes)
      : await compressed(Buffer.concat(encoded, bytes), compression)

  batch.writeBigInt64BE(0n, 0) // first offset: the broker's to give
  batch.writeInt32BE(batch.length - LENGTH_FROM, 8)
  batch.writeInt32BE(-1, 12) // leader epoch: the broker's to give
  batch.writeInt8(2, 16) // magic
  batch.writeInt16BE(ATTRIBUTES[compression], 21)
  batch.writeInt32BE(records.length - 1, 23) // last offset delta
  batch.writeBigInt64BE(BigInt(baseTimestampMs), 27)
  batch.writeBigInt64BE(BigInt(maxTimestampMs), 35)
  batch.writeBigInt64BE(producer.id, 43)
  batch.writeInt16BE(producer.epoch, 51)
  batch.writeInt32BE(part.firstSequence, 53)
  batch.writeInt32BE(records.length, 57)
  batch.writeUInt32BE(options.crc32c(batch.subarray(CRC_FROM)), 17)
  return batch
}

async function compressed(records: Buffer, compression: Exclude<Compression, 'none'>): Promise<Buffer> {
  const body = await COMPRESS[compression](records)
  return withHead([body], body.length)
}

/** One buffer with room for the fields and a copy of the parts. */
function withHead(parts: readonly Buffer[], bytes: number): Buffer {
  const batch = Buffer.allocUnsafe(HEAD_BYTES + bytes)
  let at = HEAD_BYTES
  for (const part of parts) {
    part.copy(batch, at)
    at += part.length
  }
  return batch
}
