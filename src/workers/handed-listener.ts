import type { Socket } from 'node:net'
import { createOpenConnections, type MakeListener } from '../exhook/listener.ts'

/** Connections that another process has accepted. */
export interface HandedConnections {
  readonly makeListener: MakeListener
  take(socket: Socket): void
}

/** `onClosed`: one that was taken, or refused, is closed. */
export function createHandedConnections(onClosed: () => void): HandedConnections {
  let accept: (socket: Socket) => void = (socket) => socket.destroy()

  return {
    take(socket) {
      socket.once('close', onClosed)
      // Until somebody has it.
      socket.on('error', () => {})
      // As with those of our own: it is the HTTP/2 session that decides when its side ends.
      socket.allowHalfOpen = true
      accept(socket)
    },
    makeListener({ maxConnections }, { onConnection, onTooMany }) {
      const open = createOpenConnections()
      let listening = false
      accept = (socket) => {
        if (!listening) socket.destroy()
        else if (open.count >= maxConnections) {
          onTooMany(`${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`)
          socket.destroy()
        } else {
          open.add(socket)
          onConnection(socket)
        }
      }
      return {
        async listen(_, port) {
          listening = true
          return port
        },
        close() {
          listening = false
        },
        get connections() {
          return open.count
        },
        drained: open.drained,
        destroy: open.destroy,
      }
    },
  }
}
