import {
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  writeFrameHeader,
} from './frames.ts'
import type { Outlet } from './outlet.ts'
import { type Response, writeResponse } from './response.ts'

/** A stream, as far as sending on it goes. */
export interface SendingStream {
  readonly id: number
  /** What the peer has given beyond the first window of a stream, less what was sent: may be negative [6.9.2]. */
  extraWindow: number
  /** How much of a body was sent that did not go out at once. */
  sent: number
  /** The response, while not all of it has gone out. */
  pending: Response | null
  /** All of it has gone out. */
  responded(): void
}

/** Sends responses over one connection, as far as the peer makes room [RFC 9113, 5.2]. */
export interface Sender {
  send(stream: SendingStream, response: Response): void
  /** More room for the connection; false when that is more than a window can be. */
  widen(bytes: number): boolean
  /** More room for a stream; false when that is more than a window can be. */
  widenStream(stream: SendingStream, bytes: number): boolean
  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE: it holds for streams that are open, too [6.9.2]. */
  firstWindow(bytes: number): void
  /** Nothing more is sent of this one. */
  forget(stream: SendingStream): void
  /** Goes on where the windows or the socket were full. */
  pump(): void
  /** Bytes of bodies that wait for room, and how many they are. */
  readonly pendingBytes: number
  readonly pending: number
}

/** Bodies are not cut into frames as long as so much waits for the socket. */
const HIGH_WATER_BYTES = 64 * 1024

export function createSender(outlet: Outlet): Sender {
  /** Streams whose body waits for room; each sends a frame in its turn. */
  const pending = new Set<SendingStream>()
  let pendingBytes = 0
  let window = DEFAULT_WINDOW_BYTES
  let firstWindow = DEFAULT_WINDOW_BYTES

  const roomOf = (stream: SendingStream): number => Math.min(window, firstWindow + stream.extraWindow)

  function spend(stream: SendingStream, bytes: number): void {
    window -= bytes
    stream.extraWindow -= bytes
  }

  /** One DATA frame of a body; the trailers after the last. True when something went out. */
  function sendPart(stream: SendingStream, response: Response): boolean {
    const body = response.body as Buffer
    const left = body.length - stream.sent
    const bytes = Math.min(left, MAX_FRAME_BYTES, roomOf(stream))
    if (bytes <= 0 && left > 0) return false
    if (bytes > 0) {
      const at = outlet.reserve(FRAME_HEADER_BYTES + bytes)
      const isEnd = bytes === left && response.trailers === null
      writeFrameHeader(outlet.buffer, at, bytes, FRAME.data, isEnd ? FLAG.endStream : 0, stream.id)
      body.copy(outlet.buffer, at + FRAME_HEADER_BYTES, stream.sent, stream.sent + bytes)
      stream.sent += bytes
      pendingBytes -= bytes
      spend(stream, bytes)
    }
    if (bytes === left) {
      const { trailers } = response
      if (trailers !== null) {
        outlet.frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream.id, trailers)
      }
      pending.delete(stream)
      stream.pending = null
      stream.responded()
    }
    return true
  }

  function pump(): void {
    let sent = window > 0
    while (sent) {
      sent = false
      for (const stream of pending) {
        if (outlet.waiting > HIGH_WATER_BYTES) return
        if (sendPart(stream, stream.pending as Response)) sent = true
      }
    }
  }

  /** Goes on with this one alone: a walk over all for each that gets room would take the square of their number. */
  function pumpOne(stream: SendingStream): void {
    while (stream.pending !== null && outlet.waiting <= HIGH_WATER_BYTES) {
      if (!sendPart(stream, stream.pending)) return
    }
  }

  return {
    send(stream, response) {
      const { frames, body } = response
      const bytes = body === null ? 0 : body.length
      if (frames !== null && bytes <= roomOf(stream)) {
        const at = outlet.reserve(frames.length)
        writeResponse(response, outlet.buffer, at, stream.id)
        spend(stream, bytes)
        stream.responded()
        return
      }
      outlet.frame(FRAME.headers, FLAG.endHeaders, stream.id, response.head)
      stream.pending = response
      pending.add(stream)
      pendingBytes += bytes
      pumpOne(stream)
    },
    widen(bytes) {
      window += bytes
      if (pending.size > 0) pump()
      return window <= MAX_WINDOW_BYTES
    },
    widenStream(stream, bytes) {
      stream.extraWindow += bytes
      pumpOne(stream)
      return firstWindow + stream.extraWindow <= MAX_WINDOW_BYTES
    },
    firstWindow(bytes) {
      firstWindow = bytes
      if (pending.size > 0) pump()
    },
    forget(stream) {
      if (stream.pending === null) return
      pendingBytes -= (stream.pending.body as Buffer).length - stream.sent
      stream.pending = null
      pending.delete(stream)
    },
    pump,
    get pendingBytes() {
      return pendingBytes
    },
    get pending() {
      return pending.size
    },
  }
}
