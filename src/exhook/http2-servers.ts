import type { Http2Server } from 'node:http2'
import type { Server } from '@grpc/grpc-js'

/**
 * The HTTP/2 servers inside of grpc-js's: one for each of its connection injectors. It shows them to nobody, and without them
 * a connection is known only by its first call, which most attacks never make. So this rests on a name that grpc-js does not
 * promise, `http2Servers`: the version is pinned, and the start fails should it change.
 */
export function http2ServersOf(server: Server): Iterable<Http2Server> {
  const { http2Servers } = server as unknown as { readonly http2Servers?: unknown }
  if (!(http2Servers instanceof Map))
    throw new Error('this version of grpc-js keeps its HTTP/2 servers elsewhere')
  return http2Servers.keys()
}

/**
 * node:http2 tells of streams one after another, and of some that are gone by then: reset, or their connection cut meanwhile.
 * grpc-js answers one that calls no RPC of ours all the same, and what that throws would end the process.
 */
export function guardStreams(server: Http2Server): void {
  for (const listener of server.listeners('stream')) {
    server.off('stream', listener as () => void)
    server.on('stream', (...args) => {
      try {
        Reflect.apply(listener, server, args)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_INVALID_STREAM') throw error
      }
    })
  }
}
