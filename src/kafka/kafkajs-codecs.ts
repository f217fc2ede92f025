import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'

const { CompressionCodecs, CompressionTypes } = kafkajs

type Code = (data: Buffer) => Buffer | Promise<Buffer>

/**
 * Gives kafkajs, which ships gzip only, the other codecs of Kafka: zstd of Node's own zlib, snappy and lz4 in
 * WebAssembly, loaded when first used. Harmless when called twice.
 */
export function registerCodecs(): void {
  register(CompressionTypes.ZSTD, promisify(zstdCompress), promisify(zstdDecompress))
  register(
    CompressionTypes.Snappy,
    async (data) => (await wasm()).snappyCompress(data),
    async (data) => (await wasm()).snappyDecompress(data),
  )
  register(
    CompressionTypes.LZ4,
    async (data) => (await wasm()).lz4Compress(data),
    async (data) => (await wasm()).lz4Decompress(data),
  )
}

const wasm = () => import('@platformatic/wasm-utils')

function register(type: keyof typeof CompressionCodecs, compress: Code, decompress: Code): void {
  CompressionCodecs[type] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  })
}
