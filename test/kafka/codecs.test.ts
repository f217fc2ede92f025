import { randomBytes } from 'node:crypto'
import { snappyCompress } from '@platformatic/wasm-utils'
import { describe, expect, it } from 'vitest'
import { COMPRESS, DECOMPRESS } from '../../src/kafka/codecs.ts'

const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const

describe.each(NAMES)('%s', (name) => {
  it.each([0, 1, 1000, 70_000, 1_000_000])('gives %i bytes back', async (size) => {
    for (const bytes of [Buffer.alloc(size, 'state'), randomBytes(size)]) {
      expect((await DECOMPRESS[name](await COMPRESS[name](bytes))).equals(bytes)).toBe(true)
    }
  })
})

it('reads snappy in blocks, as Java writes it', async () => {
  const head = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const blocks = ['one ', 'two '].flatMap((text) => {
    const block = snappyCompress(Buffer.from(text))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    return [length, block]
  })
  expect((await DECOMPRESS.snappy(Buffer.concat([head, ...blocks]))).toString()).toBe('one two ')
})
