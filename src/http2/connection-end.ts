import type { Duplex } from 'node:stream'
import { type ErrorCode, FRAME, writeUint32 } from './frames.ts'
import type { Outlet } from './outlet.ts'

/** How long a client may take to close a connection that is over for us. */
const CLOSE_MS = 1000
/** Nothing more is read while so much waits for a client that does not read. */
const MAX_WAITING_BYTES = 256 * 1024
/** Responses that wait for its windows may be so large together. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024
/** It is cut when it has taken nothing of them for so long. */
export const STUCK_MS = 30_000

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

/** Holds a client back that sends and does not read, and ends it when that goes on. */
export interface Backpressure {
  /** To be called when something was written. */
  look(): void
  /** The socket has room again. */
  drained(): void
  end(): void
}

export interface BackpressureDeps {
  readonly outlet: Outlet
  /** Bytes of responses that wait for the client's windows. */
  readonly pendingBytes: () => number
  readonly stuckMs: number
  /** It does not read: the connection has to end. */
  readonly onStuck: (message: string) => void
}

export function createBackpressure(socket: Duplex, deps: BackpressureDeps): Backpressure {
  const { outlet, pendingBytes, stuckMs, onStuck } = deps
  let paused = false
  let timer: NodeJS.Timeout | undefined
  let least = 0

  const owed = (): number => outlet.waiting + pendingBytes()

  function watch(): void {
    least = owed()
    timer = setTimeout(() => {
      timer = undefined
      const now = owed()
      if (now >= least) onStuck(`it has taken nothing of ${now} bytes for ${stuckMs} ms`)
      else if (paused || pendingBytes() > 0) watch()
    }, stuckMs).unref()
  }

  function look(): void {
    const pending = pendingBytes()
    if (pending > MAX_PENDING_BYTES) onStuck(`${pending} bytes of responses wait for it`)
    if (!paused && outlet.waiting > MAX_WAITING_BYTES) {
      paused = true
      socket.pause()
    }
    if (timer === undefined && (paused || pending > 0)) watch()
  }

  return {
    look,
    drained() {
      if (!paused) return
      paused = false
      socket.resume()
      look()
    },
    end() {
      clearTimeout(timer)
    },
  }
}
