/**
 * A grpc-js server that only answers, over connections that were made in one of three ways: `plain`, TLS with the
 * TLSSocket handed to grpc-js (`direct`), TLS with a stream over it (`ordered`), as the hook port does it. Prints its port.
 */
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'
import { createOrderedStream } from '../src/exhook/ordered-stream.ts'

const [way = 'plain', certFile = '', keyFile = ''] = process.argv.slice(2)
const IGNORE = Buffer.from([0x08, 0x01])
const same = (bytes: Buffer): Buffer => bytes

const definition: ServiceDefinition = {
  OnMessagePublish: {
    path: '/emqx.exhook.v2.HookProvider/OnMessagePublish',
    requestStream: false,
    responseStream: false,
    requestDeserialize: same,
    requestSerialize: same,
    responseDeserialize: same,
    responseSerialize: same,
  },
}

const server = new Server()
server.addService(definition, {
  OnMessagePublish: (_call: unknown, reply: (error: null, value: Buffer) => void) => reply(null, IGNORE),
})
const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
const listener =
  way === 'plain'
    ? createServer((socket) => injector.injectConnection(socket))
    : createTlsServer(
        { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ['h2'] },
        (socket) => {
          socket.setNoDelay()
          injector.injectConnection(way === 'direct' ? socket : createOrderedStream(socket))
        },
      )
listener.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (listener.address() as AddressInfo).port }))
})
process.once('SIGTERM', () => process.exit(0))
