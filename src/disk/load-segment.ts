import type { DiskFile } from './disk-files.ts'
import { DONE, RECORDS, SYNCED, syncedBefore } from './frame.ts'
import { RecordCursor } from './record-codec.ts'
import { Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts'
import { createSeqRanges, decodeRanges, type SeqRanges } from './seq-ranges.ts'
import { walkFrames } from './walk-frames.ts'

/** A file as an earlier life left it. */
export interface Found {
  readonly name: string
  readonly file: DiskFile
  readonly fileSize: number
  /** As it stands in the file, or as it must have been when it cannot be read. */
  readonly header: SegmentHeader
  readonly headerDamaged: boolean
  /** Where the next file begins: what has a higher number is a copy, of which that file has the original. */
  readonly limitSeq: number
}

export interface Loaded {
  readonly found: Found
  readonly segment: Segment
  /** Bytes of which no frame could be made: between frames, and after the last one. */
  readonly gapBytes: number
  /** Where the last sound frame ends. */
  readonly endOffset: number
  /** Whether something cannot be read that was synced once: damage, and no write that was not finished. */
  readonly lostSynced: boolean
  /** Numbers that must have been where nothing can be read, and are not known to be done. */
  readonly missing: SeqRanges
  /** The highest number of which there is a trace. */
  readonly traceSeq: number
}

/** Reads one file through and notes what is in it; `onDone` is told the ranges of its DONE frames, in order. */
export async function loadSegment(
  found: Found,
  buffer: Buffer,
  onDone: (segment: Segment, missing: SeqRanges, ends: readonly number[]) => void,
): Promise<Loaded> {
  const { name, file, fileSize, header, limitSeq } = found
  const segment = new Segment({ name, ...header })
  const missing = createSeqRanges()
  const cursor = new RecordCursor()
  let gapBytes = 0
  let firstGap = Number.POSITIVE_INFINITY
  let synced = 0
  let endOffset = SEGMENT_HEADER_BYTES
  let traceSeq = Math.max(header.firstSeq - 1, header.coversSeq)
  let expectedSeq = header.firstSeq

  function addRecords(): void {
    let added = 0
    while (cursor.next()) {
      const { seq } = cursor
      if (seq > traceSeq) traceSeq = seq
      if (seq >= limitSeq) segment.doubtful = true
      if (seq >= limitSeq || seq <= segment.lastSeq) continue
      if (seq > expectedSeq && gapBytes > 0) missing.add(expectedSeq, seq - 1)
      expectedSeq = seq + 1
      segment.add(seq, cursor.topic, cursor.bytes)
      added++
    }
    if (added > 0) segment.recordFrameBytes += cursor.frameBytes
  }

  await walkFrames({
    file,
    logId: header.logId,
    from: SEGMENT_HEADER_BYTES,
    to: fileSize,
    buffer,
    onGap: (from, to) => {
      gapBytes += to - from
      firstGap = Math.min(firstGap, from)
      segment.knownGaps.add(from)
    },
    visit: ({ type, buffer: bytes, start, end, offset, endOffset: until }) => {
      endOffset = until
      if (type === RECORDS) {
        cursor.enter(bytes, start, end)
        addRecords()
      } else if (type === DONE) {
        const ends = decodeRanges(bytes, start, end)
        traceSeq = Math.max(traceSeq, ends.at(-1) ?? 0)
        onDone(segment, missing, ends)
      } else if (type === SYNCED) {
        synced = Math.max(synced, syncedBefore(bytes, start, offset))
      }
      return undefined
    },
  })
  const endsInGap = gapBytes > 0 && endOffset < fileSize
  if (endsInGap && limitSeq < Number.POSITIVE_INFINITY && expectedSeq < limitSeq) {
    missing.add(expectedSeq, limitSeq - 1)
  }
  segment.file = file
  segment.size = fileSize
  segment.syncedSize = fileSize
  segment.seal()
  return { found, segment, gapBytes, endOffset, lostSynced: firstGap < synced, missing, traceSeq }
}

/** Makes the sums of a file right again after some of its records were struck out. */
export async function recountSegment(segment: Segment, buffer: Buffer): Promise<void> {
  const { file, logId, syncedSize } = segment
  const isMixed = segment.liveRecords > 0 && segment.liveRecords < segment.records
  const count = segment.liveRecords === segment.records ? null : segment.recount()
  if (file === null || count === null || !isMixed) return
  const cursor = new RecordCursor()
  // The same number may be there twice, when the file has copies of what the next one holds; those are not live here.
  await walkFrames({
    file,
    logId,
    from: SEGMENT_HEADER_BYTES,
    to: syncedSize,
    buffer,
    onGap: () => {},
    visit: ({ type, buffer: bytes, start, end }) => {
      if (type === RECORDS) {
        cursor.enter(bytes, start, end)
        while (cursor.next()) count(cursor.seq, cursor.topic, cursor.bytes)
      }
      return undefined
    },
  })
}
