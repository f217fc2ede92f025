import { createServer } from 'node:http2'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { guardStreams, http2ServersOf } from '../../src/exhook/http2-servers.ts'

it('finds the HTTP/2 server of each injector, and says when grpc-js has changed', () => {
  const server = new Server()
  expect([...http2ServersOf(server)]).toEqual([])
  server.createConnectionInjector(ServerCredentials.createInsecure())
  const [http2Server] = http2ServersOf(server)
  expect(http2Server?.updateSettings).toBeTypeOf('function')
  server.forceShutdown()
  expect(() => http2ServersOf({} as Server)).toThrow('keeps its HTTP/2 servers elsewhere')
})

it('a stream that is gone before grpc-js looks at it ends nothing, and other faults are told', () => {
  const server = createServer()
  const thrown = [
    Object.assign(new Error('gone'), { code: 'ERR_HTTP2_INVALID_STREAM' }),
    new TypeError('other'),
  ]
  server.on('stream', () => {
    throw thrown.shift()
  })
  guardStreams(server)
  expect(server.listenerCount('stream')).toBe(1)
  expect(() => server.emit('stream')).not.toThrow()
  expect(() => server.emit('stream')).toThrow('other')
})

it("grpc-js's own listener is there to be guarded", () => {
  const server = new Server()
  server.createConnectionInjector(ServerCredentials.createInsecure())
  const [http2Server] = http2ServersOf(server)
  expect(http2Server?.listenerCount('stream')).toBe(1)
  server.forceShutdown()
})
