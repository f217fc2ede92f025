import { type Client, status } from '@grpc/grpc-js'
import { afterEach, expect, it } from 'vitest'
import { connect, rpc } from './health-client.ts'
import { type Served, serve } from './served.ts'

const NAMES = ['', 'emqx.exhook.v2.HookProvider', 'emqx.exhook.v3.HookProvider']

let served: Served
afterEach(() => served.end())

/** The status of a service as a probe sees it; a number for a gRPC error. */
function check(client: Client, name: string): Promise<string | number> {
  const { path, write, read } = rpc('Check')
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, write, read, { service: name }, (error, reply) =>
      resolve(error === null ? (reply ?? '') : error.code),
    )
  })
}

it('reports both services and the server, as the program says', async () => {
  served = await serve()
  const client = connect(served)
  const all = () => Promise.all(NAMES.map((name) => check(client, name)))
  expect(await all()).toEqual(['SERVING', 'SERVING', 'SERVING'])
  served.server.setServing(false)
  expect(await all()).toEqual(['NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING'])
  served.server.setServing(true)
  expect(await all()).toEqual(['SERVING', 'SERVING', 'SERVING'])
  expect(await check(client, 'emqx.exhook.v1.HookProvider')).toBe(status.NOT_FOUND)
  client.close()
})
