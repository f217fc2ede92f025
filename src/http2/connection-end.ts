import type { Duplex } from 'node:stream'
import { type ErrorCode, FRAME, writeUint32 } from './frames.ts'
import type { Outlet } from './outlet.ts'

/** How long a client may take to close a connection that is over for us. */
const CLOSE_MS = 1000
/** Nothing more is read while so much waits for a client that does not read. */
const MAX_WAITING_BYTES = 256 * 1024
/** …and it is cut when it has read nothing for so long. */
const STUCK_MS = 30_000

/** [RFC 9113, 6.8] */
export function writeGoAway(outlet: Outlet, lastStream: number, code: ErrorCode): void {
  const payload = Buffer.alloc(8)
  writeUint32(payload, 0, lastStream)
  writeUint32(payload, 4, code)
  outlet.frame(FRAME.goaway, 0, 0, payload)
}

/** Sends what was written, and closes. */
export function closeSocket(socket: Duplex, outlet: Outlet): void {
  outlet.flush()
  // What the client still sends is read and dropped: the kernel would drop our last words for bytes that nobody read.
  socket.resume()
  socket.end()
  setTimeout(() => socket.destroy(), CLOSE_MS).unref()
}

/** Holds a client back that sends and does not read. */
export interface Backpressure {
  /** To be called when something was written while the client sends. */
  look(): void
  /** The socket has room again. */
  drained(): void
  end(): void
}

export function createBackpressure(
  socket: Duplex,
  outlet: Outlet,
  onStuck: (ms: number) => void,
): Backpressure {
  let stuck: NodeJS.Timeout | undefined

  return {
    look() {
      if (stuck !== undefined || outlet.waiting <= MAX_WAITING_BYTES) return
      socket.pause()
      stuck = setTimeout(() => {
        onStuck(STUCK_MS)
        socket.destroy()
      }, STUCK_MS).unref()
    },
    drained() {
      if (stuck === undefined) return
      clearTimeout(stuck)
      stuck = undefined
      socket.resume()
      this.look()
    },
    end() {
      clearTimeout(stuck)
    },
  }
}
