import type { Segment } from './segment.ts'

/** A stretch of whole frames that is not on disk yet. */
export interface Chunk {
  readonly buffer: Buffer
  segment: Segment
  /** Where it goes in the file. */
  offset: number
  length: number
  /** The highest number of a record in it, or before it. */
  lastSeq: number
}

/** What was appended and is not on disk yet, in order. Buffers are used again. */
export interface Unwritten {
  readonly chunks: readonly Chunk[]
  readonly bytes: number
  /** Room for a frame of so many bytes at the end of this segment; what is used of it is told by `used`. */
  room(segment: Segment, bytes: number): Chunk
  used(chunk: Chunk, bytes: number, lastSeq: number): void
  /** No more is put into the chunks that are there. */
  seal(): void
  /** Where this place of the segment is in memory. */
  find(segment: Segment, offset: number): Chunk | undefined
  /** The first ones are on disk. */
  drop(count: number): void
  clear(): void
}

/** One commit at some thousand events a second fits into one; the usual burst into a few. */
const CHUNK_BYTES = 128 * 1024
/** Kept for later. */
const SPARE_CHUNKS = 4

export function createUnwritten(): Unwritten {
  const chunks: Chunk[] = []
  const spare: Buffer[] = []
  let open: Chunk | null = null
  let bytes = 0

  return {
    chunks,
    get bytes() {
      return bytes
    },
    room(segment, wanted) {
      if (open !== null && open.segment === segment && open.length + wanted <= open.buffer.length) return open
      const buffer =
        wanted > CHUNK_BYTES
          ? Buffer.allocUnsafeSlow(wanted)
          : (spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES))
      open = { buffer, segment, offset: segment.size, length: 0, lastSeq: 0 }
      chunks.push(open)
      return open
    },
    used(chunk, more, lastSeq) {
      chunk.length += more
      chunk.lastSeq = lastSeq
      chunk.segment.size += more
      bytes += more
    },
    seal() {
      open = null
    },
    find: (segment, offset) =>
      chunks.find(
        (chunk) =>
          chunk.segment === segment && chunk.offset <= offset && offset < chunk.offset + chunk.length,
      ),
    drop(count) {
      for (const { buffer, length } of chunks.splice(0, count)) {
        bytes -= length
        if (buffer.length === CHUNK_BYTES && spare.length < SPARE_CHUNKS) spare.push(buffer)
      }
    },
    clear() {
      chunks.length = 0
      spare.length = 0
      open = null
      bytes = 0
    },
  }
}
