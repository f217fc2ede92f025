/**
 * The least that grpc-js can cost: a server that only answers. The handler gets the request's bytes undecoded and returns a
 * prebuilt reply, so nothing but grpc-js is measured. Prints its port; ends with SIGTERM.
 */
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'

const IGNORE = Buffer.from([0x08, 0x01])
const same = (bytes: Buffer): Buffer => bytes

const definition = (version: string): ServiceDefinition => ({
  OnMessagePublish: {
    path: `/emqx.exhook.${version}.HookProvider/OnMessagePublish`,
    requestStream: false,
    responseStream: false,
    requestDeserialize: same,
    requestSerialize: same,
    responseDeserialize: same,
    responseSerialize: same,
  },
})

const server = new Server()
for (const version of ['v2', 'v3'])
  server.addService(definition(version), {
    OnMessagePublish: (_call: unknown, reply: (error: null, value: Buffer) => void) => reply(null, IGNORE),
  })
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  console.log(JSON.stringify({ port }))
})
process.once('SIGTERM', () => server.forceShutdown())
