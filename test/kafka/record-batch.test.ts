import { crc32c, createRecordsBatch, NumericMap, Reader, readRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecordBatch } from '../../src/kafka/record-batch.ts'
import { record } from '../support/records.ts'

const NOW = 1_795_263_395_984
const producer = { id: 4_711n, epoch: 3 }
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const someRecord = fc
  .record({
    key: fc.oneof(fc.constant(null), text),
    value: text,
    headers: fc.dictionary(text, text, { maxKeys: 3 }),
    timestampMs: fc.integer({ min: NOW - 1e9, max: NOW + 1e9 }),
  })
  .map(({ key, value, ...more }) => record('t', key, value, more))
const someRecords = fc.array(someRecord, { minLength: 1, maxLength: 20 })
const someSequence = fc.nat({ max: 0x7fff_ffff })

describe('encodeRecordBatch', () => {
  it('makes the very bytes that @platformatic/kafka makes, of any records', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, someSequence, async (records, firstSequence) => {
        const part = { partition: 2, records, firstSequence }
        const ours = await encodeRecordBatch(part, { producer, compression: 'none', crc32c })
        const theirs = createRecordsBatch(
          records.map(({ topic, key, value, headers, timestampMs }) => ({
            ...{ topic, partition: 2, value, timestamp: BigInt(timestampMs) },
            ...(key !== null && { key }),
            headers: new Map(Object.entries(headers).map(([n, v]) => [Buffer.from(n), Buffer.from(v)])),
          })),
          {
            ...{ compression: 'none', producerId: producer.id, producerEpoch: producer.epoch },
            ...{ sequences: new NumericMap([['t:2', firstSequence]]), partitionLeaderEpoch: -1 },
          },
        )
        expect(ours.equals(theirs.buffer)).toBe(true)
      }),
    )
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('is read back with %s', async (compression) => {
    await fc.assert(
      fc.asyncProperty(someRecords, someSequence, async (records, firstSequence) => {
        const part = { partition: 0, records, firstSequence }
        const bytes = await encodeRecordBatch(part, { producer, compression, crc32c })
        const read = readRecordsBatch(Reader.from(bytes))
        expect(read).toMatchObject({ producerId: 4_711n, producerEpoch: 3, firstSequence })
        expect(read.maxTimestamp).toBe(BigInt(Math.max(...records.map(({ timestampMs }) => timestampMs))))
        const times = read.records.map(({ timestampDelta }) => Number(read.firstTimestamp + timestampDelta))
        expect(times).toEqual(records.map(({ timestampMs }) => timestampMs))
        expect(read.records.map(({ value }) => value?.toString())).toEqual(
          records.map(({ value }) => value.toString()),
        )
      }),
      { numRuns: 30 },
    )
  })
})
