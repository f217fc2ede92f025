import type { Duplex } from 'node:stream'
import { FRAME_HEADER_BYTES, writeFrameHeader, writeUint32 } from './frames.ts'

/** What goes out over one connection, gathered until it is flushed. */
export interface Outlet {
  /** Room for so many bytes that are written now: `buffer` from the place returned on. */
  reserve(bytes: number): number
  /** Where reserved bytes are to be written; another one after each `reserve`. */
  readonly buffer: Buffer
  frame(type: number, flags: number, stream: number, payload: Buffer): void
  /** A frame whose payload is one number of four bytes. */
  numberFrame(type: number, stream: number, value: number): void
  /** Hands what was gathered to the socket, in one write. */
  flush(): void
  /** Bytes that the peer has not taken yet, those not flushed included. */
  readonly waiting: number
}

const SLAB_BYTES = 16 * 1024

/** Writes go into slabs, each place once: a socket may hold what it was given for as long as it likes. */
export function createOutlet(socket: Duplex): Outlet {
  let slab: Buffer = Buffer.allocUnsafeSlow(0)
  /** What was gathered and not flushed is between the two. */
  let from = 0
  let to = 0

  function flush(): void {
    if (from === to) return
    const bytes = slab.subarray(from, to)
    from = to
    if (!socket.destroyed && socket.writable) socket.write(bytes)
  }

  function reserve(bytes: number): number {
    if (to + bytes > slab.length) {
      flush()
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
      from = 0
      to = 0
    }
    const at = to
    to += bytes
    return at
  }

  return {
    reserve,
    get buffer() {
      return slab
    },
    frame(type, flags, stream, payload) {
      const at = reserve(FRAME_HEADER_BYTES + payload.length)
      writeFrameHeader(slab, at, payload.length, type, flags, stream)
      payload.copy(slab, at + FRAME_HEADER_BYTES)
    },
    numberFrame(type, stream, value) {
      const at = reserve(FRAME_HEADER_BYTES + 4)
      writeFrameHeader(slab, at, 4, type, 0, stream)
      writeUint32(slab, at + FRAME_HEADER_BYTES, value)
    },
    flush,
    get waiting() {
      return socket.writableLength + to - from
    },
  }
}
