import { ERROR, FRAME_HEADER_BYTES, MAX_FRAME_BYTES, PREFACE, readUint31 } from './frames.ts'
import { ConnectionError } from './http2-error.ts'

/** Takes one frame. `payload` is a view of the bytes that came: it is not to be kept. */
export type OnFrame = (type: number, flags: number, stream: number, payload: Buffer) => void

/** Cuts what comes over a connection into frames. */
export interface FrameReader {
  /**
   * The next bytes. Each frame that is whole by them is told, in order, before this returns. Throws a ConnectionError for
   * what is not HTTP/2, and whatever `onFrame` throws; it is not to be called after that.
   */
  read(chunk: Buffer): void
  /** True once the client's preface has come. */
  readonly begun: boolean
}

/** A frame that does not come whole is collected in a buffer of its own size: at most one, of at most 16 KiB. */
export function createFrameReader(onFrame: OnFrame): FrameReader {
  let begun = false
  /** The beginning of what is not whole yet: the preface, a frame's header, a frame. */
  let part: Buffer = Buffer.allocUnsafe(PREFACE.length)
  let filled = 0
  let needed = PREFACE.length

  /** Takes bytes into the part; returns how many, and whether it is whole now by `filled === needed`. */
  function fill(chunk: Buffer, from: number): number {
    const taken = Math.min(needed - filled, chunk.length - from)
    chunk.copy(part, filled, from, from + taken)
    filled += taken
    return taken
  }

  function expect(bytes: number): void {
    part = Buffer.allocUnsafeSlow(bytes)
    filled = 0
    needed = bytes
  }

  function expectNothing(): void {
    filled = 0
    needed = 0
  }

  /** [3.4]; what differs is told at its first wrong byte, so that a client of HTTP/1.1 is not waited for. */
  function takePreface(chunk: Buffer): number {
    const taken = fill(chunk, 0)
    if (part.compare(PREFACE, 0, filled, 0, filled) !== 0) {
      throw new ConnectionError(ERROR.protocol, 'not_http2', 'what came is not HTTP/2')
    }
    if (filled === needed) {
      begun = true
      expectNothing()
    }
    return taken
  }

  /** Continues a frame of which not all had come. */
  function continueFrame(chunk: Buffer, from: number): number {
    let at = from
    if (needed === FRAME_HEADER_BYTES) {
      at += fill(chunk, at)
      if (filled < needed) return at
      const header = part
      expect(FRAME_HEADER_BYTES + lengthOf(header, 0))
      header.copy(part)
      filled = FRAME_HEADER_BYTES
    }
    at += fill(chunk, at)
    if (filled === needed) {
      const whole = part
      expectNothing()
      tell(whole, 0, whole.length)
    }
    return at
  }

  function tell(bytes: Buffer, at: number, end: number): void {
    onFrame(
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      readUint31(bytes, at + 5),
      bytes.subarray(at + FRAME_HEADER_BYTES, end),
    )
  }

  return {
    get begun() {
      return begun
    },
    read(chunk) {
      let at = begun ? 0 : takePreface(chunk)
      if (needed > 0 && begun) at = continueFrame(chunk, at)
      while (at < chunk.length) {
        if (chunk.length - at < FRAME_HEADER_BYTES) {
          expect(FRAME_HEADER_BYTES)
          fill(chunk, at)
          return
        }
        const end = at + FRAME_HEADER_BYTES + lengthOf(chunk, at)
        if (end > chunk.length) {
          expect(end - at)
          fill(chunk, at)
          return
        }
        tell(chunk, at, end)
        at = end
      }
    },
  }
}

/** [4.2] */
function lengthOf(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  if (length > MAX_FRAME_BYTES) {
    throw new ConnectionError(ERROR.frameSize, 'frame_size', `a frame of ${length} bytes`)
  }
  return length
}
