import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps the connections of a server to `max`. One more takes the place of the oldest that has not sent its request yet, or when all
 * have, of the oldest: so whoever holds connections open keeps nobody out, where refusing the new ones would keep out the probes.
 */
export function boundConnections(server: Server, max: number): void {
  /** In the order in which they came. */
  const open = new Set<Socket>()
  const busy = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      busy.delete(socket)
    })
    if (open.size > max) oldest()?.destroy()
  })
  for (const event of ['request', 'checkContinue'])
    server.on(event, ({ socket }: { readonly socket: Socket }, response: ServerResponse) => {
      busy.add(socket)
      response.once('close', () => busy.delete(socket))
    })

  function oldest(): Socket | undefined {
    for (const socket of open) if (!busy.has(socket)) return socket
    return open.values().next().value
  }
}
