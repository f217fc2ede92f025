import type { DiskFile } from './disk-files.ts'
import { FRAME_HEADER_BYTES, frameBytes, frameType, isSound, markerOf } from './frame.ts'

/** A frame that was read and is sound; the buffer is valid only during the visit. */
export interface Frame {
  buffer: Buffer
  type: number
  /** Of its body in the buffer. */
  start: number
  end: number
  /** Where the frame begins and ends in the file. */
  offset: number
  endOffset: number
}

export interface Walk {
  readonly file: DiskFile
  readonly logId: number
  readonly from: number
  readonly to: number
  /** Read into; larger frames get one of their own. */
  readonly buffer: Buffer
  /** Each frame in order; `stop` ends the walk before this frame. */
  readonly visit: (frame: Frame) => 'stop' | undefined
  /** Bytes that no frame can be made of; after them comes the next sound frame, or the end. */
  readonly onGap: (from: number, to: number) => void
  /** Between two reads: the place to wait, or to give up by throwing. */
  readonly between?: () => Promise<void>
}

/** Visits the frames of a part of a file. Never blocks for longer than a buffer's worth of frames. */
export async function walkFrames(walk: Walk): Promise<void> {
  const { file, logId, to, onGap } = walk
  const marker = markerOf(logId)
  let at = walk.from
  let gapFrom = -1
  while (at < to) {
    let buffer = walk.buffer
    let got = await file.read(buffer, Math.min(buffer.length, to - at), at)
    if (got === 0) break
    const announced = to - at > buffer.length ? longFrame(buffer, got, logId) : 0
    if (announced > buffer.length && at + announced <= to) {
      buffer = Buffer.allocUnsafeSlow(announced)
      got = await file.read(buffer, announced, at)
    }
    const isEnd = at + got >= to || got < Math.min(buffer.length, to - at)
    const parsed = visitAll(buffer, got, { ...walk, at, gapFrom, isEnd, marker })
    if (parsed.stopped) return
    gapFrom = parsed.gapFrom
    at += parsed.consumed
    if (parsed.consumed === 0) break
    await walk.between?.()
  }
  if (gapFrom >= 0 || at < to) onGap(gapFrom >= 0 ? gapFrom : at, to)
}

/** The length of the frame at the beginning of the buffer, should it be longer than the buffer. */
function longFrame(buffer: Buffer, got: number, logId: number): number {
  return got < FRAME_HEADER_BYTES ? 0 : frameBytes(buffer, 0, logId)
}

interface Window extends Walk {
  /** Where the buffer begins in the file. */
  readonly at: number
  /** Where the gap began that is being searched for its end; −1: none. */
  readonly gapFrom: number
  /** After the buffer comes nothing more. */
  readonly isEnd: boolean
  readonly marker: Buffer
}

/** Visits the frames in a buffer; the rest of it, a part of a frame, is to be read again with what follows. */
export function visitAll(
  buffer: Buffer,
  got: number,
  window: Pick<Window, 'at' | 'gapFrom' | 'isEnd' | 'marker' | 'logId' | 'visit' | 'onGap'>,
): { readonly consumed: number; readonly gapFrom: number; readonly stopped: boolean } {
  const { at, isEnd, marker, logId, visit, onGap } = window
  const frame: Frame = { buffer, type: 0, start: 0, end: 0, offset: 0, endOffset: 0 }
  let { gapFrom } = window
  let place = 0
  while (place < got) {
    const length = place + FRAME_HEADER_BYTES <= got ? frameBytes(buffer, place, logId) : -1
    const isCut = length === -1 || place + length > got
    // A frame that reaches beyond the buffer is read again from its beginning. One at the beginning of the buffer was
    // read as long as it says it is; when that is not all there is, it says something wrong.
    if (isCut && !isEnd && place > 0) break
    if (!isCut && length > 0 && isSound(buffer, place, place + length, logId)) {
      if (gapFrom >= 0) onGap(gapFrom, at + place)
      gapFrom = -1
      frame.type = frameType(buffer, place)
      frame.start = place + FRAME_HEADER_BYTES
      frame.end = place + length
      frame.offset = at + place
      frame.endOffset = at + place + length
      if (visit(frame) === 'stop') return { consumed: place, gapFrom, stopped: true }
      place += length
      continue
    }
    if (gapFrom < 0) gapFrom = at + place
    const next = buffer.subarray(0, got).indexOf(marker, place + 1)
    // The last byte may be the first one of a marker.
    place = next >= 0 ? next : isEnd ? got : Math.max(place + 1, got - 1)
  }
  return { consumed: place, gapFrom, stopped: false }
}
