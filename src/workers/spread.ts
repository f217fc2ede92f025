import { createServer, type Socket } from 'node:net'
import { listenError, SERVER_SOCKETS } from '../exhook/listener.ts'

/** One who takes connections. */
export interface Taker {
  /** How many it has. */
  readonly connections: number
  /** Resolves to whether it has got it. */
  take(socket: Socket): Promise<boolean>
}

/** The hook port, whose connections go to whom has the fewest. */
export interface Spread {
  /** Resolves to the port that was taken. Rejects with a message for the operator. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connection; those handed over stay where they are. */
  close(): void
}

export interface SpreadDeps {
  /** Those who take connections now. */
  readonly takers: () => readonly Taker[]
  /** A connection could not be taken, or nobody was there to take it. */
  readonly onError: (error: Error) => void
}

/**
 * EMQX opens all its connections at one time and keeps them for days, and a client stays on one of them: so they are
 * counted, not dealt to whoever is free first, as node:cluster does it.
 */
export function createSpread({ takers, onError }: SpreadDeps): Spread {
  // Nothing is read here: the first byte is for whoever takes it.
  const server = createServer({ ...SERVER_SOCKETS, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    void give(socket)
  })

  async function give(socket: Socket): Promise<void> {
    const [first, ...others] = takers()
    if (first === undefined) {
      onError(new Error('no worker is there to take it'))
      socket.destroy()
      return
    }
    const fewest = others.reduce((least, one) => (one.connections < least.connections ? one : least), first)
    if (!(await fewest.take(socket))) socket.destroy()
  }

  return {
    listen(host, port) {
      return new Promise((resolve, reject) => {
        const refuse = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port))
        server.once('error', refuse)
        server.listen(port, host, () => {
          server.off('error', refuse)
          server.on('error', onError)
          const address = server.address()
          resolve(typeof address === 'object' && address !== null ? address.port : port)
        })
      })
    },
    close() {
      if (server.listening) server.close()
    },
  }
}
