import { afterEach, expect, it } from 'vitest'
import { connect, rpc } from './health-client.ts'
import { type Served, serve } from './served.ts'

let served: Served
afterEach(() => served.end())

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
