import { DONE, FRAME_HEADER_BYTES, sealFrame } from './frame.ts'
import { createSeqRanges, ENDS_PER_FRAME, encodeRanges, rangesBound } from './seq-ranges.ts'

/** Writes into a buffer that has the room asked for; returns how many bytes it used. */
export type WriteFrame = (to: Buffer, at: number, logId: number) => number

/** Which records are done and do not stand as such in the log yet. */
export interface DoneNotes {
  readonly isEmpty: boolean
  add(seq: number): void
  /** Makes DONE frames of them, but for those below `firstSeq`; `put` finds room for one. */
  write(firstSeq: number, put: (bytes: number, write: WriteFrame) => void): void
}

export function createDoneNotes(): DoneNotes {
  const ranges = createSeqRanges()
  return {
    get isEmpty() {
      return ranges.isEmpty
    },
    add: (seq) => ranges.add(seq, seq),
    write(firstSeq, put) {
      if (ranges.isEmpty) return
      ranges.remove(0, firstSeq - 1)
      for (const [bytes, write] of doneFrames(ranges.take())) put(bytes, write)
    },
  }
}

/** The DONE frames for these ranges: the room that each needs, and how it is written. */
export function* doneFrames(ends: readonly number[]): Generator<readonly [bytes: number, write: WriteFrame]> {
  for (let from = 0; from < ends.length; from += ENDS_PER_FRAME) {
    const part = ends.slice(from, from + ENDS_PER_FRAME)
    yield [
      FRAME_HEADER_BYTES + rangesBound(part.length),
      (to, at, logId) => {
        const end = encodeRanges(to, at + FRAME_HEADER_BYTES, part)
        sealFrame(to, at, end, DONE, logId)
        return end - at
      },
    ]
  }
}
