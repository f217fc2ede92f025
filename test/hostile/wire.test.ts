import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { contract, EVERYTHING, publish, type Served, serve } from '../exhook/served.ts'
import { check, REQUESTS } from './corpus.ts'
import { expectNothingPolluted } from './pollution.ts'

let served: Served
let session: ClientHttp2Session
beforeAll(async () => {
  served = await serve({ rules: EVERYTHING, maxReceiveBytes: 1024 * 1024 })
  session = await open()
})
afterAll(() => {
  session.destroy()
  served.end()
})

async function open(): Promise<ClientHttp2Session> {
  const opened = connect(`http://127.0.0.1:${served.port}`)
  opened.on('error', () => {})
  await once(opened, 'remoteSettings')
  return opened
}

const framed = (body: Buffer, length = body.length, flag = 0): Buffer => {
  const head = Buffer.alloc(5)
  head[0] = flag
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, body])
}
const good = methodOf(contract, 'v3', 'OnMessagePublish').requestSerialize(publish('devices/1/state'))

interface Answer {
  /** How often a status was told. */
  readonly statuses: readonly string[]
  readonly rstCode: number | undefined
}

/** One call, whatever it sends; ends with the stream. */
async function call(path: string, bytes: Buffer, more: OutgoingHttpHeaders = {}): Promise<Answer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'grpc-timeout': '2S',
    ...more,
  })
  const statuses: string[] = []
  for (const event of ['response', 'trailers'] as const)
    stream.on(event, (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) statuses.push(String(headers['grpc-status']))
    })
  stream.on('error', () => {})
  stream.resume()
  stream.end(bytes)
  if (!stream.closed) await once(stream, 'close')
  return { statuses, rstCode: stream.rstCode }
}

const hook = (rpc: string, version = 'v3') => `/emqx.exhook.${version}.HookProvider/${rpc}`

/** The server still answers on a connection that was open all the time, and its account balances. */
async function expectWell(): Promise<void> {
  expect(await call(hook('OnMessagePublish'), framed(good))).toEqual({ statuses: ['0'], rstCode: 0 })
  expect(balances(served.ledger.snapshot())).toBe(true)
  expect(served.lines.filter(({ level }) => level >= 50)).toEqual([])
  expectNothingPolluted()
}

describe('over the wire', () => {
  it('every request of the corpus has one status, and no reset', async () => {
    for (const { rpc, version, body } of REQUESTS) {
      const { statuses, rstCode } = await call(hook(rpc, version), framed(Buffer.from(body, 'base64')))
      expect([statuses.length, rstCode]).toEqual([1, 0])
      expect(['0', '3']).toContain(statuses[0])
    }
    await expectWell()
  })

  it.each<[string, Buffer, string[]]>([
    ['nothing at all', Buffer.alloc(0), ['12', '3']],
    ['less than a prefix', Buffer.of(0, 0, 0), ['3']],
    ['a length that never comes', framed(good, good.length + 100), ['3']],
    ['more than its length', framed(good, good.length - 1), ['3']],
    ['two messages', Buffer.concat([framed(good), framed(good)]), ['3']],
    ['a length of 4 GiB', framed(good, 0xffffffff), ['8']],
    ['a compressed one', framed(good, good.length, 1), ['12']],
    ['a flag of 255', framed(good, good.length, 255), ['12']],
    ['2 MB where one is allowed', framed(Buffer.alloc(2_000_000)), ['8']],
    ['a MB of group tags', framed(Buffer.alloc(1_000_000, 0x0b)), ['3']],
  ])('a message of %s has one status, and no reset', async (_, bytes, expected) => {
    const { statuses, rstCode } = await call(hook('OnMessagePublish'), bytes)
    expect([statuses.length, rstCode]).toEqual([1, 0])
    expect(expected).toContain(statuses[0])
    await expectWell()
  })

  it.each<[string, OutgoingHttpHeaders]>([
    ['a timeout of nothing', { 'grpc-timeout': '0S' }],
    ['a timeout of ages', { 'grpc-timeout': '99999999H' }],
    ['no timeout that it is', { 'grpc-timeout': 'soon' }],
    ['another content type', { 'content-type': 'text/html' }],
    ['an encoding that nobody knows', { 'grpc-encoding': 'snappy' }],
    ['gzip', { 'grpc-encoding': 'gzip' }],
    ['metadata that is no base64', { 'x-bin': '!!!' }],
    ['4,000 bytes of metadata', { 'x-long': 'x'.repeat(4000) }],
    ['metadata named as what objects have', { constructor: 'x', 'to-string': 'y', ['__proto__']: 'z' }],
    ['PUT', { ':method': 'PUT' }],
  ])('%s ends the call, and only that', async (_, headers) => {
    const { statuses } = await call(hook('OnMessagePublish'), framed(good), headers)
    expect(statuses.length).toBeLessThanOrEqual(1)
    await expectWell()
  })

  it.each(['/', '//', '/emqx.exhook.v3.HookProvider/', '/__proto__/constructor', `/${'x'.repeat(4000)}`])(
    'the path %.40s is no RPC',
    async (path) => {
      expect((await call(path, framed(good))).statuses).toEqual(['12'])
      await expectWell()
    },
  )

  it.each([
    ['groups within groups', Buffer.alloc(900_000, 0x0b)],
    ['a length of -1', Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)],
    ['no UTF-8', Buffer.of(0x0a, 0x02, 0xff, 0xfe)],
  ])('the health service of %s answers with a status', async (_, body) => {
    const { statuses } = await call('/grpc.health.v1.Health/Check', framed(body))
    expect(statuses).toHaveLength(1)
    await expectWell()
  })

  it('calls that are cut off in the middle hold nothing', async () => {
    const other = await open()
    for (let i = 0; i < 200; i++) {
      const stream = other.request({ ':method': 'POST', ':path': hook('OnMessagePublish'), te: 'trailers' })
      stream.on('error', () => {})
      stream.write(framed(Buffer.alloc(100), 20_000 + i))
      if (i % 2 === 0) stream.close(8)
    }
    await new Promise<void>((resolve, reject) => other.ping((error) => (error ? reject(error) : resolve())))
    other.destroy()
    await expect.poll(() => served.server.inFlight).toBe(0)
    await expect.poll(() => served.budget.bytes).toBe(0)
    await expectWell()
  })
})

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const SETTINGS = Buffer.from('000000040000000000', 'hex')

/** Sends bytes on a connection of their own and waits until the server has had them, or has closed it. */
async function sendRaw(bytes: Buffer): Promise<void> {
  const socket = connectTcp({ port: served.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.resume()
  const closed = once(socket, 'close')
  socket.end(bytes)
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 50))])
  socket.destroy()
}

const frame = fc
  .record({
    length: fc.option(fc.nat(0xffffff), { freq: 4, nil: null }),
    type: fc.nat(12),
    flags: fc.nat(255),
    stream: fc.oneof(fc.nat(9), fc.nat(0x7fffffff)),
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ length, type, flags, stream, payload }) => {
    const head = Buffer.alloc(9)
    head.writeUIntBE(length ?? payload.length, 0, 3)
    head[3] = type
    head[4] = flags
    head.writeUInt32BE(stream, 5)
    return Buffer.concat([head, payload])
  })

describe('a connection', () => {
  it.each([
    ['HTTP/1', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['MQTT', Buffer.from('101000044d5154540402003c000474657374', 'hex')],
    ['noise', Buffer.alloc(100_000, 0xa5)],
    ['the preface and noise', Buffer.concat([PREFACE, Buffer.alloc(10_000, 0xff)])],
  ])('of %s harms no other', async (_, bytes) => {
    await sendRaw(bytes)
    await expectWell()
  })

  it('of random frames of HTTP/2 harms no other', async () => {
    const property = fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), async (frames) => {
      await sendRaw(Buffer.concat([PREFACE, SETTINGS, ...frames]))
    })
    await check('random frames', property, 60)
    await expectWell()
  })
})
