import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FRAME_HEADER_BYTES,
  frameBytes,
  isSound,
  newLogId,
  RECORDS,
  sealFrame,
} from '../../src/disk/frame.ts'
import { encodeRecords, RecordCursor, recordsBound } from '../../src/disk/record-codec.ts'
import { createSeqRanges, decodeRanges, encodeRanges, rangesBound } from '../../src/disk/seq-ranges.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { DEFAULT_POLICY, type Priority } from '../../src/rules/policy.ts'

const buffer = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))
// Whole characters only: half of one cannot be written as UTF-8.
const text = fc.string({ unit: 'grapheme', maxLength: 60 })

const records: fc.Arbitrary<KafkaRecord[]> = fc.array(
  fc.record({
    topic: text,
    key: fc.option(buffer(300)),
    partition: fc.option(fc.nat(2 ** 31 - 1)),
    value: buffer(2_000),
    headers: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
    timestampMs: fc.double({ noNaN: true }),
    receivedAtMs: fc.nat(),
    rule: text,
    policy: fc
      .constantFrom<Priority>('low', 'normal', 'high')
      .map((priority) => ({ ...DEFAULT_POLICY, priority })),
    bytes: fc.nat(),
    seq: fc.constant(0),
  }),
  { minLength: 1, maxLength: 4 },
)

const seqs = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 10 })

function frameOf(all: readonly KafkaRecord[], firstSeq: number, logId: number): Buffer {
  const to = Buffer.alloc(FRAME_HEADER_BYTES + recordsBound(all))
  const end = encodeRecords(to, FRAME_HEADER_BYTES, all, firstSeq)
  sealFrame(to, 0, end, RECORDS, logId)
  return to.subarray(0, end)
}

describe('records in a frame', () => {
  test('are read back as they were', () => {
    fc.assert(
      fc.property(records, seqs, (all, firstSeq) => {
        const logId = newLogId()
        const frame = frameOf(all, firstSeq, logId)
        expect(frameBytes(frame, 0, logId)).toBe(frame.length)
        expect(isSound(frame, 0, frame.length, logId)).toBe(true)
        const cursor = new RecordCursor()
        cursor.enter(frame, FRAME_HEADER_BYTES, frame.length)
        expect(cursor.count).toBe(all.length)
        for (const [i, record] of all.entries()) {
          expect(cursor.next()).toBe(true)
          expect(cursor.topic).toBe(record.topic)
          expect(cursor.decode(record.topic)).toEqual({ ...record, seq: firstSeq + i })
        }
        expect(cursor.next()).toBe(false)
      }),
    )
  })

  test('share no memory with what they were read from', () => {
    const all = [{ ...one, value: Buffer.from('value'), key: Buffer.from('key') }]
    const frame = frameOf(all, 1, 7)
    const cursor = new RecordCursor()
    cursor.enter(frame, FRAME_HEADER_BYTES, frame.length)
    cursor.next()
    const decoded = cursor.decode(cursor.topic)
    frame.fill(0)
    expect(decoded).toEqual({ ...all[0], seq: 1 })
  })

  test('a byte that changed is noticed, wherever it is', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, place, flip) => {
        const frame = frameOf(all, 1, 0x1234_5678)
        const at = place % frame.length
        frame[at] = (frame[at] as number) ^ flip
        const length = frameBytes(frame, 0, 0x1234_5678)
        // Another length is noticed too, when the frame is as long as it says.
        const longer = Buffer.concat([frame, Buffer.alloc(Math.min(Math.max(0, length - frame.length), 1e6))])
        const isWhole = length > 0 && length <= longer.length
        expect(isWhole && isSound(longer, 0, length, 0x1234_5678)).toBe(false)
      }),
    )
  })

  test('a frame that was cut is noticed, wherever it was', () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, place) => {
        const whole = frameOf(all, 1, 0x1234_5678)
        const cut = Buffer.from(whole.fill(0, place % whole.length))
        if (place % whole.length >= FRAME_HEADER_BYTES && whole.subarray(place % whole.length).length > 0) {
          const was = frameOf(all, 1, 0x1234_5678)
          // The zeros may be what was there.
          if (was.equals(cut)) return
        }
        const length = frameBytes(cut, 0, 0x1234_5678)
        expect(length === cut.length && isSound(cut, 0, length, 0x1234_5678)).toBe(false)
      }),
    )
  })

  test('of another log is none of ours', () => {
    const frame = frameOf([one], 1, 0x0101_0101)
    expect(isSound(frame, 0, frame.length, 0x0201_0101)).toBe(false)
    expect(frameBytes(frame, 0, 0x0101_0103)).toBe(0)
  })
})

const one: KafkaRecord = {
  topic: 't',
  key: null,
  partition: null,
  value: Buffer.from('v'),
  headers: {},
  timestampMs: 1,
  receivedAtMs: 2,
  rule: 'r',
  policy: DEFAULT_POLICY,
  bytes: 66,
  seq: 0,
}

describe('numbers as ranges', () => {
  const sets = fc.array(fc.tuple(fc.nat(500), fc.nat(20)), { maxLength: 60 })

  test('hold what was added and not removed, in order and merged', () => {
    fc.assert(
      fc.property(sets, sets, (added, removed) => {
        const ranges = createSeqRanges()
        const model = new Set<number>()
        const each = (list: typeof added, then: (seq: number) => void) => {
          for (const [from, more] of list) for (let seq = from; seq <= from + more; seq++) then(seq)
        }
        for (const [from, more] of added) ranges.add(from, from + more)
        each(added, (seq) => model.add(seq))
        for (const [from, more] of removed) ranges.remove(from, from + more)
        each(removed, (seq) => model.delete(seq))
        const ends = ranges.take()
        const found: number[] = []
        for (let i = 0; i < ends.length; i += 2) {
          const from = ends[i] as number
          expect(from).toBeGreaterThan((found.at(-1) ?? -2) + 1)
          for (let seq = from; seq <= (ends[i + 1] as number); seq++) found.push(seq)
        }
        expect(found).toEqual([...model].sort((a, b) => a - b))
        expect(ranges.isEmpty).toBe(true)
      }),
    )
  })

  test('are written and read back', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { maxLength: 100 }), (list) => {
        const ends = list.sort((a, b) => a - b)
        const to = Buffer.alloc(rangesBound(ends.length))
        const end = encodeRanges(to, 0, ends)
        expect(decodeRanges(to, 0, end)).toEqual(ends)
      }),
    )
  })
})
