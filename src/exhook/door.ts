import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What is between a TCP connection and HTTP/2 on it. */
export interface Door {
  /** A new connection. It gets to HTTP/2 when it has shown that it may, and is cut when it has shown that it may not. */
  enter(socket: Socket): void
  /** Writes the same whole frames to every connection that has got to HTTP/2, between its frames. */
  writeAll(frames: Buffer): void
  /** Cuts those that have not got to HTTP/2 yet. */
  cutWaiting(): void
}

/** Makes a door to HTTP/2, which takes connections by `inject`. */
export type DoorMaker = (inject: (connection: Duplex) => void) => Door
