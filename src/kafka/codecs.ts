import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Compression } from '../config/config.ts'

/** Compresses the records of a batch, or the other way. */
export type Code = (records: Buffer) => Promise<Buffer>
type Codecs = Readonly<Record<Exclude<Compression, 'none'>, Code>>

const wasm = () => import('@platformatic/wasm-utils')

/**
 * Kafka's codecs: gzip and zstd of Node's own zlib, off the event loop; snappy and lz4 in WebAssembly, loaded when first
 * used. Lz4 in its frame format, snappy without a frame, which Java and librdkafka take as well.
 */
export const COMPRESS: Codecs = {
  gzip: promisify<Buffer, Buffer>(gzip),
  snappy: async (records) => (await wasm()).snappyCompress(records),
  lz4: async (records) => (await wasm()).lz4Compress(records),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
}

/** For who reads, whatever client wrote. */
export const DECOMPRESS: Codecs = {
  gzip: promisify<Buffer, Buffer>(gunzip),
  snappy: async (bytes) => unpackSnappy(bytes, (await wasm()).snappyDecompress),
  lz4: async (bytes) => (await wasm()).lz4Decompress(bytes),
  zstd: promisify<Buffer, Buffer>(zstdDecompress),
}

/** How the frame begins in which Java packs snappy: a magic and two versions; then blocks, each after its length. */
const JAVA_FRAME = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0])
const JAVA_HEAD_BYTES = 16

function unpackSnappy(bytes: Buffer, decompress: (block: Buffer) => Buffer): Buffer {
  if (!bytes.subarray(0, JAVA_FRAME.length).equals(JAVA_FRAME)) return decompress(bytes)
  const blocks: Buffer[] = []
  for (let at = JAVA_HEAD_BYTES; at < bytes.length; ) {
    const from = at + 4
    at = from + bytes.readUInt32BE(at)
    blocks.push(decompress(bytes.subarray(from, at)))
  }
  return Buffer.concat(blocks)
}
