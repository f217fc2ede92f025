import { Server, ServerCredentials } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { http2ServersOf } from '../../src/exhook/http2-servers.ts'

it('finds the HTTP/2 server of each injector, and says when grpc-js has changed', () => {
  const server = new Server()
  expect([...http2ServersOf(server)]).toEqual([])
  server.createConnectionInjector(ServerCredentials.createInsecure())
  const [http2Server] = http2ServersOf(server)
  expect(http2Server?.updateSettings).toBeTypeOf('function')
  server.forceShutdown()
  expect(() => http2ServersOf({} as Server)).toThrow('keeps its HTTP/2 servers elsewhere')
})
