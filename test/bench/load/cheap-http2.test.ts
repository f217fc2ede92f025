import { Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type CheapConnection, openCheapConnection } from '../../../bench/load/cheap-http2.ts'

const PATH = '/test.Echo/Echo'
const same = (bytes: Buffer): Buffer => bytes
const framed = (message: Buffer): Buffer => {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

let server: Server
let connection: CheapConnection
let received = 0

beforeEach(async () => {
  const codecs = {
    requestDeserialize: same,
    requestSerialize: same,
    responseDeserialize: same,
    responseSerialize: same,
  }
  const definition: ServiceDefinition = {
    Echo: { path: PATH, requestStream: false, responseStream: false, ...codecs },
  }
  server = new Server()
  received = 0
  server.addService(definition, {
    Echo: ({ request }: { request: Buffer }, reply: (error: object | null, value?: Buffer) => void) => {
      received += request.length
      if (request[0] === 0) reply({ code: status.INTERNAL, details: 'no' })
      else reply(null, Buffer.from('fine'))
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  connection = await openCheapConnection(port)
})
afterEach(() => {
  connection.close()
  server.forceShutdown()
})

const call = (message: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    connection.call(PATH, framed(message), (failure) => resolve(failure === null))
    connection.flush()
  })

it('tells an answer from an error', async () => {
  expect(await Promise.all([call(Buffer.from([1])), call(Buffer.from([0])), call(Buffer.from([2]))])).toEqual(
    [...[true, false, true]],
  )
})

it('sends more than the window of a connection', async () => {
  const message = Buffer.alloc(10_000, 1)
  const answers = await Promise.all(Array.from({ length: 100 }, () => call(message)))
  expect(answers.every((answered) => answered)).toBe(true)
  expect(received).toBe(100 * message.length)
})

it('ends what is open when the connection goes', async () => {
  const open = call(Buffer.from([1]))
  connection.close()
  expect(await open).toBe(false)
})
