import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EncodableRecord, encodeRecord } from '../../src/kafka/record-encoder.ts'

const kafkaJsRecord = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: EncodableRecord,
) => { readonly buffer: Buffer }

const bytes = fc.uint8Array({ maxLength: 700 }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'grapheme', maxLength: 80 })

describe('encodeRecord', () => {
  it('makes the very bytes that kafkajs makes, of any record', () => {
    fc.assert(
      fc.property(
        fc.record({
          offsetDelta: fc.nat({ max: 2 ** 31 - 1 }),
          timestampDelta: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
          key: fc.oneof(fc.constant(null), bytes, text),
          value: fc.oneof(fc.constant(null), bytes, text),
          headers: fc.dictionary(text, fc.oneof(text, bytes), { maxKeys: 5 }),
        }),
        (record) => {
          const { buf, buffer } = encodeRecord(record)
          expect(buffer.equals(kafkaJsRecord(record).buffer)).toBe(true)
          expect(buf).toBe(buffer)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([0, 1, 63, 64, 8191, 8192, 1_048_576])('makes them of a value of %i bytes', (length) => {
    const record = { key: Buffer.from('k'), value: Buffer.alloc(length, 'v') }
    expect(encodeRecord(record).buffer.equals(kafkaJsRecord(record).buffer)).toBe(true)
  })
})
