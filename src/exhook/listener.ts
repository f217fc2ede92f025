import { createServer, type Socket } from 'node:net'

/** A listening TCP port and the connections that came in by it. */
export interface Listener {
  /** Resolves with the port that is bound; `port` 0 takes any free one. Rejects with a message for the operator. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connections; those that are open stay. */
  close(): void
  readonly connections: number
  /** Resolves when no connection is left. */
  drained(): Promise<void>
  /** Cuts every connection. */
  destroy(): void
}

export interface ListenerConfig {
  /** Further connections are closed at once. */
  readonly maxConnections: number
}

/** Where the connections of a gRPC server come from. */
export type MakeListener = (config: ListenerConfig, deps: ListenerDeps) => Listener

export interface ListenerDeps {
  readonly onConnection: (socket: Socket) => void
  /** A connection could not be taken, e.g. because too many files are open. */
  readonly onError: (error: Error) => void
  /** A connection was one too many. */
  readonly onTooMany: (peer: string) => void
}

/** A peer that is gone without a word is found after so long, and some ten seconds more. EMQX's side may be silent for ever. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 }

/** As node:http2's own servers do: it is the HTTP/2 session that decides when its side ends. */
export const SERVER_SOCKETS = { allowHalfOpen: true, noDelay: true, ...KEEP_ALIVE } as const

export const createListener: MakeListener = (config, deps) => {
  const open = createOpenConnections()
  const server = createServer(SERVER_SOCKETS, (socket) => {
    open.add(socket)
    deps.onConnection(socket)
  })
  server.maxConnections = config.maxConnections
  server.on('drop', (from) => deps.onTooMany(`${from?.remoteAddress ?? 'unknown'}:${from?.remotePort ?? 0}`))

  return {
    listen(host, port) {
      return new Promise((resolve, reject) => {
        const refuse = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port))
        server.once('error', refuse)
        server.listen(port, host, () => {
          server.off('error', refuse)
          server.on('error', deps.onError)
          const address = server.address()
          resolve(typeof address === 'object' && address !== null ? address.port : port)
        })
      })
    },
    close() {
      if (server.listening) server.close()
    },
    get connections() {
      return open.count
    },
    drained: open.drained,
    destroy: open.destroy,
  }
}

/** The connections of a listener, until they close. */
export interface OpenConnections {
  readonly count: number
  add(socket: Socket): void
  /** Resolves when none is left. */
  drained(): Promise<void>
  /** Cuts every one. */
  destroy(): void
}

export function createOpenConnections(): OpenConnections {
  const sockets = new Set<Socket>()
  let waiting: (() => void)[] = []

  return {
    get count() {
      return sockets.size
    },
    add(socket) {
      sockets.add(socket)
      // No HTTP/2 client closes one direction alone: it has gone. What it sent last is handled first.
      socket.once('end', () => setImmediate(() => socket.destroy()))
      socket.once('close', () => {
        sockets.delete(socket)
        if (sockets.size > 0) return
        for (const resolve of waiting) resolve()
        waiting = []
      })
    },
    drained() {
      return sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
    destroy() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
}

export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason = REASONS[error.code ?? ''] ?? error.message
  return new Error(`cannot listen on ${host} port ${port} for gRPC: ${reason}`, { cause: error })
}
