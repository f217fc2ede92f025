import type { Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

export interface Room {
  readonly maxBytes: number
  readonly segmentBytes: number
}

/** Rewriting takes more than copying live bytes: for each file, the new one too, as much as copying this part of a full one. */
const FILE_COST = 1 / 256

/** Not worth the work: less than this part of what is copied. */
const LEAST_GAIN = 1 / 16

/** The bits of a rewritten file count from its first number in 32 bits. */
const MAX_SPAN = 2 ** 32 - 1

/** Whether spent bytes pile up: beyond a quarter of what there may be, or the room is nearly used up. */
export function isWasteful({ maxBytes, segmentBytes }: Room, fileBytes: number, spentBytes: number): boolean {
  const nearlyFull = Math.min((maxBytes * 7) / 8, Math.max(maxBytes / 2, maxBytes - 2 * segmentBytes))
  return spentBytes > 2 * segmentBytes && (spentBytes > maxBytes / 4 || fileBytes > nearlyFull)
}

/** Whether there are far more files than their bytes need: after many restarts, or many rewritings. */
export const areTooMany = ({ maxBytes, segmentBytes }: Room, files: number): boolean =>
  files > 2 * Math.ceil(maxBytes / segmentBytes) + 16

/**
 * The neighbours whose rewriting as one file gives back most for what it costs; undefined when nothing is worth it.
 * `idle` are those that are not written to, in order and without one between them missing.
 */
export function chooseRun(
  idle: readonly Segment[],
  { segmentBytes }: Room,
  why: 'waste' | 'number',
): readonly Segment[] | undefined {
  const fileCost = segmentBytes * FILE_COST
  let best: readonly Segment[] | undefined
  let bestScore = 0
  for (let i = 0; i < idle.length; i++) {
    let live = 0
    let bytes = 0
    for (let j = i; j < idle.length; j++) {
      const segment = idle[j] as Segment
      if (segment.lastSeq - (idle[i] as Segment).firstSeq > MAX_SPAN) break
      live += segment.liveFileBytes
      bytes += spendable(segment)
      if (j > i && live > segmentBytes - SEGMENT_HEADER_BYTES) break
      const files = j - i + 1
      const score =
        why === 'waste' ? bytes / (live + (files + 1) * fileCost) : (files - 1) / (live + fileCost)
      if (score <= bestScore || (why === 'waste' && bytes < LEAST_GAIN * (live + bytes))) continue
      bestScore = score
      best = idle.slice(i, j + 1)
    }
  }
  return best
}

/** What rewriting gives back. DONE frames that a rewritten file still has are needed. */
function spendable(segment: Segment): number {
  return segment.compacted
    ? Math.max(0, segment.recordFrameBytes - segment.liveFileBytes)
    : segment.spentBytes
}
