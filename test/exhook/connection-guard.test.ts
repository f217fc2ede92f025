import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CONNECTION_LIMITS,
  type ConnectionGuard,
  createConnectionGuard,
} from '../../src/exhook/connection-guard.ts'
import type { ConnectionRefusal } from '../../src/exhook/connection-refusals.ts'
import type { ConnectionLimits } from '../../src/exhook/guarded-connection.ts'
import { callFields, encodeFrame, FLAG, FRAME, literals, PREFACE, settings } from '../support/http2-frames.ts'
import { connectRaw, type RawHttp2 } from './raw-http2.ts'

const LIMITS: ConnectionLimits = {
  ...CONNECTION_LIMITS,
  greetingMs: 100,
  idleStreams: 20,
  firstIdleStreams: 10,
  idleStreamsInAll: 10,
  idleShare: 5,
  mostIdleStreamsInAll: 25,
  otherCalls: 5,
  otherCallsPerSecond: 5,
  headerBytes: 2000,
  spareBytes: 20_000,
  spareBytesPerSecond: 1000,
  bytesPerCall: 1000,
}
const ENHANCE_YOUR_CALM = 11

let server: Http2Server
let guard: ConnectionGuard
let port: number
let refused: { reason: ConnectionRefusal; peer: string }[]
let open: RawHttp2[]
/** What the server does with a stream; it takes those of `/hook` as hook calls. */
let onStream: (stream: ServerHttp2Stream) => void

beforeEach(async () => {
  refused = []
  open = []
  onStream = () => {}
  guard = createConnectionGuard(LIMITS, {
    refuse: (reason, peer) => refused.push({ reason, peer: peer ?? '' }),
  })
  server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    if (headers[':path'] === '/hook') guard.of(stream)?.isHookCall(stream)
    onStream(stream)
  })
  guard.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  for (const raw of open) raw.destroy()
  server.close()
})

async function client(): Promise<RawHttp2> {
  const raw = await connectRaw({ port, tls: undefined })
  open.push(raw)
  await raw.frame(({ type, flags }) => type === FRAME.settings && flags === FLAG.ack)
  return raw
}

const reasons = () => refused.map(({ reason }) => reason)
const begin = (raw: RawHttp2, count: number, path = '/hook', from = 0) => {
  for (let i = from; i < from + count; i++) raw.begin(2 * i + 1, path)
}
/** Handles each call when it has come whole. */
const handleAll = (answer: boolean) => (stream: ServerHttp2Stream) => {
  stream.resume().once('end', () => {
    guard.of(stream)?.began()
    if (!answer) return
    guard.of(stream)?.answered()
    stream.respond({ ':status': 200 }, { endStream: true })
  })
}
/** Longer than the guard takes to look twice. */
const LOOKED_MS = 1100

describe('a connection', () => {
  it('that does not begin to speak HTTP/2 is cut; one that does may be silent', async () => {
    const silent = connect({ port, host: '127.0.0.1' })
    const slow = connect({ port, host: '127.0.0.1' })
    slow.write('PRI * HTTP/2.0\r\n\r\nSM\r\n')
    const greeted = await client()
    await Promise.all([once(silent.resume(), 'close'), once(slow.resume(), 'close')])
    expect(reasons()).toEqual(['no_greeting', 'no_greeting'])
    expect(refused[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/)
    await sleep(LOOKED_MS)
    greeted.send(encodeFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
    await greeted.frame(({ type }) => type === FRAME.ping)
  })

  it('by which nothing comes is cut also where HTTP/2 does not have it yet; one by which anything comes is not', async () => {
    const tcp = createTcpServer((socket) => guard.accepted(socket.resume())).listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const ends = { port: (tcp.address() as AddressInfo).port, host: '127.0.0.1' }
    const [silent, speaking] = [connect(ends), connect(ends)]
    speaking.write('a')
    await once(silent.resume(), 'close')
    await sleep(LOOKED_MS)
    expect(reasons()).toEqual(['no_greeting'])
    expect(speaking.destroyed).toBe(false)
    speaking.destroy()
    tcp.close()
  })

  it('that is silent with HTTP/2 or without is refused once', async () => {
    const sockets: Socket[] = []
    const tcp = createTcpServer((socket) => {
      guard.accepted(socket)
      server.emit('connection', socket)
    }).listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    for (let i = 0; i < 20; i++)
      sockets.push(connect((tcp.address() as AddressInfo).port, '127.0.0.1').resume())
    await Promise.all(sockets.map((socket) => once(socket, 'close')))
    await sleep(LOOKED_MS)
    expect(reasons()).toEqual(Array(20).fill('no_greeting'))
    tcp.close()
  })

  it('may have so many streams that only begin, and is told when it has one too many', async () => {
    const raw = await client()
    begin(raw, 10)
    raw.send(encodeFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
    await raw.frame(({ type }) => type === FRAME.ping)
    expect(refused).toEqual([])
    begin(raw, 1, '/hook', 10)
    const goaway = await raw.frame(({ type }) => type === FRAME.goaway)
    expect(goaway.payload.readUInt32BE(4)).toBe(ENHANCE_YOUR_CALM)
    await raw.closed
    expect(reasons()).toEqual(['streams'])
  })

  it('may have more of them when calls of it have come whole, up to a limit', async () => {
    onStream = handleAll(true)
    const raw = await client()
    for (let i = 0; i < 50; i++) {
      raw.call(2 * i + 1, '/hook', Buffer.of(1))
      await raw.ended(2 * i + 1)
    }
    begin(raw, 20, '/hook', 50)
    raw.send(encodeFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
    await raw.frame(({ type }) => type === FRAME.ping)
    expect(refused).toEqual([])
    begin(raw, 1, '/hook', 70)
    await raw.closed
    expect(reasons()).toEqual(['streams'])
  })

  it('may have any number of calls that are being handled', async () => {
    let calls = 0
    const handle = handleAll(false)
    onStream = (stream) => {
      calls++
      handle(stream)
    }
    const raw = await client()
    for (let i = 0; i < 500; i++) raw.call(2 * i + 1, '/hook', Buffer.of(1))
    await expect.poll(() => calls).toBe(500)
    await sleep(LOOKED_MS)
    expect(refused).toEqual([])
  })

  it('with the most streams that only begin goes when there are too many of all', async () => {
    onStream = (stream) => {
      // As if calls of it had come before.
      for (let i = 0; i < 3; i++) {
        guard.of(stream)?.began()
        guard.of(stream)?.answered()
      }
    }
    const [few, most, more] = [await client(), await client(), await client()]
    begin(few, 3)
    begin(most, 15)
    await sleep(50)
    expect(refused).toEqual([])
    begin(more, 8)
    await most.closed
    // With it go its streams: there is room for those of another.
    begin(await client(), 10)
    await sleep(50)
    expect(reasons()).toEqual(['streams'])
    for (const raw of [few, more]) {
      raw.send(encodeFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
      await raw.frame(({ type }) => type === FRAME.ping)
    }
  })

  it('is crowded with more than its share when there are many of all', async () => {
    const accounts: (boolean | undefined)[] = []
    onStream = (stream) => void accounts.push(guard.of(stream)?.isCrowded)
    const [many, few] = [await client(), await client()]
    begin(many, 10)
    await expect.poll(() => accounts.length).toBe(10)
    expect(accounts).not.toContain(true)
    begin(few, 5)
    await expect.poll(() => accounts.length).toBe(15)
    expect(accounts).not.toContain(true)
    begin(few, 2, '/hook', 5)
    await expect.poll(() => accounts.length).toBe(17)
    expect(accounts.slice(-2)).toEqual([false, true])
  })

  it('is cut for calls that are no hook calls, which it may make now and then', async () => {
    onStream = (stream) => stream.respond({ ':status': 200 }, { endStream: true })
    const raw = await client()
    begin(raw, 5, '/other')
    await sleep(LOOKED_MS)
    expect(refused).toEqual([])
    begin(raw, 11, '/other', 5)
    await raw.closed
    expect(reasons()).toEqual(['other_calls'])
  })

  it('is cut for large headers, and was told of the limit', async () => {
    const raw = await client()
    const told = raw.frames.find(({ type, flags }) => type === FRAME.settings && flags === 0)
    expect(told?.payload.toString('hex')).toContain(`0006${(2000).toString(16).padStart(8, '0')}`)
    raw.begin(1, '/hook', { 'x-large': 'x'.repeat(1000) })
    raw.begin(3, '/hook', { 'x-large': 'x'.repeat(2000) })
    // It has agreed to the limit, so node:http2 refuses the stream alone.
    const reset = await raw.frame(({ type }) => type === FRAME.rstStream)
    expect(reset).toMatchObject({ stream: 3 })
    expect(refused).toEqual([])
    // Another one has not.
    const socket = connect({ port, host: '127.0.0.1' })
    const fields = callFields('/hook', { 'x-large': 'x'.repeat(2000) })
    const headers = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, literals(fields))
    socket.write(Buffer.concat([PREFACE, settings(), headers]))
    await once(socket.resume(), 'close')
    expect(reasons()).toEqual(['headers'])
  })

  it('is cut for bytes that are no calls, and for none that are', async () => {
    onStream = (stream) => stream.on('data', (chunk) => guard.of(stream)?.message(chunk.length))
    const [calling, flooding] = [await client(), await client()]
    const update = encodeFrame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]))
    calling.begin(1, '/hook')
    for (let i = 0; i < 4; i++) {
      calling.send(encodeFrame(FRAME.data, 0, 1, Buffer.alloc(10_000)))
      flooding.send(...Array.from({ length: 1000 }, () => update))
    }
    await flooding.closed
    expect(reasons()).toEqual(['flood'])
    await sleep(LOOKED_MS)
    expect(refused).toHaveLength(1)
  })

  it('may send what is not read yet, and is not called to account for what is gone with a stream', async () => {
    onStream = (stream) => stream.pause()
    const raw = await client()
    begin(raw, 8)
    for (let i = 0; i < 8; i++) {
      for (let n = 0; n < 4; n++) raw.send(encodeFrame(FRAME.data, 0, 2 * i + 1, Buffer.alloc(15_000)))
    }
    await sleep(LOOKED_MS)
    expect(refused).toEqual([])
    for (let i = 0; i < 8; i++)
      raw.send(encodeFrame(FRAME.rstStream, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])))
    await sleep(LOOKED_MS)
    expect(refused).toEqual([])
  })

  it('that ends by itself, however rudely, was not refused', async () => {
    const [leaving, cut] = [await client(), await client()]
    begin(cut, 3)
    leaving.send(encodeFrame(FRAME.goaway, 0, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, 2])))
    cut.destroy()
    await leaving.closed
    await sleep(50)
    expect(refused).toEqual([])
  })

  it('that speaks no HTTP/2 is refused', async () => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await once(socket.resume(), 'close')
    expect(reasons()).toEqual(['protocol'])
  })
})
