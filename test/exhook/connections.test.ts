import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { callFields, encodeFrame, FLAG, FRAME, grpcMessage, literals } from '../support/http2-frames.ts'
import { connectRaw, type RawHttp2 } from './raw-http2.ts'
import { contract, publish, type Served, serve } from './served.ts'

const PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'
const body = methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(publish('devices/1/state'))

let served: Served
let raws: RawHttp2[] = []
afterEach(() => {
  for (const raw of raws) raw.destroy()
  raws = []
  served.end()
})

async function raw(): Promise<RawHttp2> {
  const connection = await connectRaw(served)
  raws.push(connection)
  return connection
}

/** The headers of so many calls, and then their messages, as EMQX sends them when many clients call at once. */
function burst(count: number): Buffer {
  const streams = Array.from({ length: count }, (_, i) => 2 * i + 1)
  const headers = literals(callFields(PATH))
  const message = grpcMessage(body)
  return Buffer.concat([
    ...streams.map((stream) => encodeFrame(FRAME.headers, FLAG.endHeaders, stream, headers)),
    ...streams.map((stream) => encodeFrame(FRAME.data, FLAG.endStream, stream, message)),
  ])
}

/** Calls that wait as long as the test, and a window for all replies. */
function wholeCalls(count: number): Buffer[] {
  const headers = literals(callFields(PATH, { 'grpc-timeout': '60S' }))
  const message = grpcMessage(body)
  const window = encodeFrame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 1, 0, 0]))
  const calls = Array.from({ length: count }, (_, i) => [
    encodeFrame(FRAME.headers, FLAG.endHeaders, 2 * i + 1, headers),
    encodeFrame(FRAME.data, FLAG.endStream, 2 * i + 1, message),
  ])
  return [window, ...calls.flat()]
}

const endedWell = (connection: RawHttp2): number =>
  connection.frames.filter(({ type, flags }) => type === FRAME.headers && (flags & FLAG.endStream) !== 0)
    .length

describe('connections', () => {
  it('beyond grpc.max_connections are closed at once, counted, and logged once', async () => {
    served = await serve({ maxConnections: 3 })
    const kept = [await raw(), await raw(), await raw()]
    const sockets: Socket[] = []
    for (let i = 0; i < 20; i++) sockets.push(connect({ port: served.port, host: '127.0.0.1' }))
    await Promise.all(sockets.map((socket) => once(socket.on('error', () => {}).resume(), 'close')))
    expect(served.refusedConnections).toEqual(Array(20).fill('too_many'))
    expect(served.lines.filter(({ reason }) => reason === 'too_many')).toHaveLength(1)
    expect(served.lines[0]).toMatchObject({ peer: expect.stringMatching(/127\.0\.0\.1:\d+$/) })
    for (const connection of kept) {
      connection.call(1, PATH, body)
      await connection.ended(1)
    }
    // There is room again when one of them has gone.
    kept[0]?.destroy()
    await expect.poll(() => served.server.connections).toBe(2)
    const next = await raw()
    next.call(1, PATH, body)
    await next.ended(1)
  })

  it.runIf(process.platform === 'linux')('are asked by TCP whether their peer is still there', async () => {
    served = await serve()
    const connection = await raw()
    connection.call(1, PATH, body)
    await connection.ended(1)
    await sleep(300)
    const port = served.port.toString(16).toUpperCase().padStart(4, '0')
    const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
    // Local address, state ESTABLISHED, and after the queues the timer: 02 is keepalive.
    const accepted = lines.filter((line) =>
      new RegExp(`^ *\\d+: [0-9A-F]+:${port} [0-9A-F:]+ 01 `).test(line),
    )
    expect(accepted).toHaveLength(1)
    expect(accepted[0]).toMatch(/ 01 [0-9A-F]{8}:[0-9A-F]{8} 02:/)
  })
})

describe('a call', () => {
  it('of which only the headers come is told so before its deadline', async () => {
    served = await serve()
    const connection = await raw()
    connection.begin(1, PATH, { 'grpc-timeout': '1S' })
    await connection.ended(1)
    expect(served.ledger.snapshot().refused).toMatchObject({ incomplete: 1 })
    expect(connection.frames.some(({ type }) => type === FRAME.rstStream)).toBe(false)
    connection.call(3, PATH, body)
    await connection.ended(3)
    expect(served.ledger.snapshot()).toMatchObject({ calls: 2, matched: 1 })
  })

  it('whose message comes some turns after its headers is a call like any other', async () => {
    served = await serve()
    const connection = await raw()
    connection.begin(1, PATH)
    await sleep(300)
    connection.send(encodeFrame(FRAME.data, FLAG.endStream, 1, grpcMessage(body)))
    await connection.ended(1)
    expect(served.ledger.snapshot()).toMatchObject({ calls: 1, matched: 1 })
  })

  it('each of 3,000 clients at once, headers first, on one connection: all are answered', async () => {
    served = await serve()
    const connection = await raw()
    connection.send(burst(3000))
    await expect.poll(() => endedWell(connection), { timeout: 10_000 }).toBe(3000)
    expect(served.ledger.snapshot()).toMatchObject({ calls: 3000, matched: 3000 })
    expect(served.refusedConnections).toEqual([])
  })

  it('of each of 10,000 clients may wait at a time, on one connection', async () => {
    served = await serve()
    served.intake.next = 'held'
    const connection = await raw()
    connection.send(...wholeCalls(10_000))
    await expect.poll(() => served.intake.held, { timeout: 15_000 }).toBe(10_000)
    served.intake.release('queued')
    await expect.poll(() => endedWell(connection), { timeout: 10_000 }).toBe(10_000)
    expect(served.refusedConnections).toEqual([])
  })
})
