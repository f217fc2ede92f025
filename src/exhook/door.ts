import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RefuseConnection } from './connection-refusals.ts'

/** What is between a TCP connection and HTTP/2 on it. */
export interface Door {
  /** A new connection. It gets to HTTP/2 when it has shown that it may, and is cut when it has shown that it may not. */
  enter(socket: Socket): void
  /** Writes the same whole frames to every connection that has got to HTTP/2, between its frames; to shared ones only. */
  writeAll(frames: Buffer): void
  /** Cuts those that have not got to HTTP/2 yet. */
  cutWaiting(): void
}

/** What is behind a door. */
export interface DoorDeps {
  /** Takes a connection to HTTP/2. */
  readonly inject: (connection: Duplex) => void
  readonly refuse: RefuseConnection
  /** Others than HTTP/2 write to its connections, too: `writeAll` will be called. */
  readonly isShared: boolean
}

export type DoorMaker = (deps: DoorDeps) => Door
