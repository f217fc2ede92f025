import kafkajs from 'kafkajs'
import { COMPRESS, DECOMPRESS } from './codecs.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** Gives kafkajs, which ships gzip only, the other codecs of Kafka. Harmless when called twice. */
export function registerCodecs(): void {
  register(CompressionTypes.Snappy, 'snappy')
  register(CompressionTypes.LZ4, 'lz4')
  register(CompressionTypes.ZSTD, 'zstd')
}

function register(type: keyof typeof CompressionCodecs, name: keyof typeof COMPRESS): void {
  CompressionCodecs[type] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => COMPRESS[name](encoder.buffer),
    decompress: (bytes: Buffer) => DECOMPRESS[name](bytes),
  })
}
