import { createRequire } from 'node:module'
import { crc32c } from '@platformatic/wasm-utils'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const kafkaJsChecksum = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  bytes: Buffer,
) => number

it("the checksum in the place of kafkajs's own is the same, of any bytes and of large ones", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (array) => {
      const bytes = Buffer.from(array)
      expect(crc32c(bytes)).toBe(kafkaJsChecksum(bytes))
    }),
  )
  const large = Buffer.alloc(20_000_000, 'large')
  expect(crc32c(large)).toBe(kafkaJsChecksum(large))
})
