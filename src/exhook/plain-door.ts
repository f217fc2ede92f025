import type { Socket } from 'node:net'
import type { DoorMaker } from './door.ts'

/** A record of TLS that holds a handshake, of any version [RFC 8446, 5.1]; an HTTP/2 client begins with a `P` [RFC 9113, 3.4]. */
const TLS_HANDSHAKE = 0x16

/** For connections in plain text. The first byte is looked at, so that a client that talks TLS is told apart. */
export const createPlainDoor: DoorMaker = ({ inject, refuse }) => {
  const waiting = new Set<Socket>()
  const inside = new Set<Socket>()

  function look(socket: Socket): void {
    const first = socket.read() as Buffer | null
    if (first === null) {
      // Nothing but its end; a listener of the end deals with that.
      socket.once('readable', () => look(socket))
      return
    }
    waiting.delete(socket)
    if (first[0] === TLS_HANDSHAKE) {
      refuse('tls_on_plain_port', socket.remoteAddress)
      socket.destroy()
      return
    }
    socket.unshift(first)
    inside.add(socket)
    inject(socket)
  }

  return {
    enter(socket) {
      waiting.add(socket)
      socket.once('close', () => {
        waiting.delete(socket)
        inside.delete(socket)
      })
      // Until HTTP/2 has it; what happens to it then is the session's.
      socket.on('error', () => {})
      socket.once('readable', () => look(socket))
    },
    writeAll(frames) {
      // Safe on TCP: node:http2 writes whole frames, and libuv keeps the order of writes.
      for (const socket of inside) if (socket.writable) socket.write(frames)
    },
    cutWaiting() {
      for (const socket of waiting) socket.destroy()
    },
  }
}
