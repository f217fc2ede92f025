import { once } from 'node:events'
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { contract, publish, type Served, serve } from './served.ts'

let served: Served
let session: ClientHttp2Session
beforeEach(async () => {
  served = await serve({ maxReceiveBytes: 256 * 1024 })
  session = served.connectHttp2()
  session.on('error', () => {})
  await once(session, 'remoteSettings')
})
afterEach(() => {
  session.destroy()
  served.end()
})

interface WireAnswer {
  readonly headers: IncomingHttpHeaders
  /** Absent when the answer was headers alone. */
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: Buffer
  readonly rstCode: number | undefined
}

/** A call as EMQX's client makes it, frame for frame. */
async function call(rpc: string, body: Buffer, more: Record<string, string> = {}): Promise<WireAnswer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/emqx.exhook.v2.HookProvider/${rpc}`,
    'content-type': 'application/grpc+proto',
    'user-agent': 'grpc-erlang/0.1.0',
    te: 'trailers',
    'grpc-encoding': 'identity',
    'grpc-message-type': `emqx.exhook.v2.${rpc}`,
    'grpc-timeout': '5S',
    ...more,
  })
  const frame = Buffer.concat([Buffer.alloc(5), body])
  frame.writeUInt32BE(body.length, 1)
  stream.end(frame)
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders | undefined
  const chunks: Buffer[] = []
  stream.on('response', (received) => {
    headers = received
  })
  stream.on('trailers', (received) => {
    trailers = received
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'close')
  return { headers, trailers, body: Buffer.concat(chunks), rstCode: stream.rstCode }
}

const request = (more: object = {}) =>
  methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(publish('devices/1/state', more))

describe('on the wire', () => {
  it('a reply is headers, one uncompressed message, and trailers with the status', async () => {
    const answer = await call('OnMessagePublish', request())
    expect(answer.headers[':status']).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^application\/grpc/)
    expect(answer.headers['grpc-encoding'] ?? 'identity').toBe('identity')
    expect(answer.body.toString('hex')).toBe('00000000020801')
    expect(answer.trailers?.['grpc-status']).toBe('0')
    expect(answer.rstCode).toBe(0)
  })

  it('an empty reply is a message of no bytes', async () => {
    const answer = await call('OnClientConnected', Buffer.alloc(0))
    expect(answer.body.toString('hex')).toBe('0000000000')
    expect(answer.trailers?.['grpc-status']).toBe('0')
  })

  it('is not compressed even for a client that would take it', async () => {
    const answer = await call('OnMessagePublish', request(), { 'grpc-accept-encoding': 'gzip,deflate' })
    expect(answer.headers['grpc-encoding'] ?? 'identity').toBe('identity')
    expect(answer.body.toString('hex')).toBe('00000000020801')
  })

  it.each([
    ['malformed', () => Buffer.of(0x0a, 0x7f), '3'],
    ['too large', () => request({ payload: Buffer.alloc(1024 * 1024) }), '8'],
  ])('a %s request is answered with a status, never with a reset', async (_, body, code) => {
    const answer = await call('OnMessagePublish', body())
    const told = answer.trailers ?? answer.headers
    expect(told['grpc-status']).toBe(code)
    expect(answer.rstCode).toBe(0)
    expect((await call('OnMessagePublish', request())).trailers?.['grpc-status']).toBe('0')
  })

  it('an unknown RPC is answered with a status, never with a reset', async () => {
    const answer = await call('OnNothing', Buffer.alloc(0))
    expect((answer.trailers ?? answer.headers)['grpc-status']).toBe('12')
    expect(answer.rstCode).toBe(0)
  })

  it.each([
    ['its headers alone', true],
    ['its headers, and then an end', false],
  ])('a call that is %s is answered with a status, and counted', async (_, endStream) => {
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/emqx.exhook.v2.HookProvider/OnMessagePublish',
        'content-type': 'application/grpc+proto',
        te: 'trailers',
      },
      { endStream },
    )
    if (!endStream) setTimeout(() => stream.end(), 50)
    let status: unknown
    stream.on('response', (headers) => {
      status = headers['grpc-status']
    })
    stream.on('trailers', (headers) => {
      status = headers['grpc-status']
    })
    stream.resume()
    await once(stream, 'close')
    expect(Number(status)).toBeGreaterThan(0)
    await expect.poll(() => served.ledger.snapshot().refused.malformed, { timeout: 2000 }).toBe(1)
  })

  it('takes the budget from grpc-timeout', async () => {
    await call('OnMessagePublish', request(), { 'grpc-timeout': '2S' })
    expect(served.intake.options[0]?.waitMs).toBeGreaterThan(1400)
    expect(served.intake.options[0]?.waitMs).toBeLessThanOrEqual(1500)
  })

  it('answers every ping, and goes on', async () => {
    for (let i = 0; i < 50; i++) {
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => (error ? reject(error) : resolve()))
      })
    }
    expect((await call('OnMessagePublish', request())).trailers?.['grpc-status']).toBe('0')
  })

  it('sets no limit of streams', async () => {
    expect(session.remoteSettings.maxConcurrentStreams ?? 0xffffffff).toBe(0xffffffff)
    served.intake.next = 'held'
    const calls = Array.from({ length: 500 }, () => call('OnMessagePublish', request()))
    while (served.intake.held < 500) await new Promise((resolve) => setTimeout(resolve, 5))
    served.intake.release('queued')
    const statuses = (await Promise.all(calls)).map((answer) => answer.trailers?.['grpc-status'])
    expect(new Set(statuses)).toEqual(new Set(['0']))
  })
})
