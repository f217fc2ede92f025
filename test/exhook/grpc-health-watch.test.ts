import { Client } from '@grpc/grpc-js'
import { service } from 'grpc-health-check'
import { afterEach, expect, it } from 'vitest'
import { credentialsOf } from '../support/hook-client.ts'
import { type Served, serve } from './served.ts'

let served: Served
afterEach(() => served.end())

const connect = ({ port, tls }: Served) => new Client(`localhost:${port}`, credentialsOf(tls))

/** An RPC of the health service: `Check` or `Watch`. */
function rpc(name: string) {
  const method = service[name]
  if (method === undefined) throw new Error(`the health service has no ${name}`)
  const read = (bytes: Buffer) => (method.responseDeserialize(bytes) as { status: string }).status
  return { path: method.path, write: method.requestSerialize, read }
}

it('tells a watcher that the server stops, and does not wait for it for ever', async () => {
  served = await serve()
  const client = connect(served)
  const seen: string[] = []
  const { path, write, read } = rpc('Watch')
  const watch = client.makeServerStreamRequest(path, write, read, { service: '' })
  watch.on('data', (state: string) => seen.push(state))
  watch.on('error', () => {})
  await new Promise((resolve) => watch.once('data', resolve))
  await served.server.stop()
  expect(seen).toEqual(['SERVING', 'NOT_SERVING'])
  client.close()
})
