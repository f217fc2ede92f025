import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type EchoOptions, type EchoServer, startEcho } from './echo-server.ts'

let echo: EchoServer
let client: ClientHttp2Session
afterEach(() => {
  client.destroy()
  echo.close()
  expect(echo.faults).toEqual([])
})

async function start(options: EchoOptions = {}, settings = {}): Promise<void> {
  echo = await startEcho(options)
  client = connect(`http://127.0.0.1:${echo.port}`, { settings })
  client.on('error', () => {})
  await once(client, 'connect')
}

function request(body: Buffer | null, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const stream = client.request({ ':method': 'POST', ':path': '/', ...headers }, { endStream: body === null })
  stream.on('error', () => {})
  if (body !== null) stream.end(body)
  return stream
}

async function answerOf(
  stream: ClientHttp2Stream,
): Promise<{ body: Buffer; trailers: Record<string, unknown> }> {
  const chunks: Buffer[] = []
  let trailers = {}
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('trailers', (fields) => {
    trailers = { ...fields }
  })
  await once(stream, 'close')
  return { body: Buffer.concat(chunks), trailers }
}

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => i % 251))

describe('with nghttp2 as its client', () => {
  it('reads any fields, in whatever way they are coded', async () => {
    await start()
    const name = fc.stringMatching(/^x-[a-z0-9]{1,30}$/)
    const value = fc.stringMatching(/^([!-~]([ -~]{0,60}[!-~])?)?$/)
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 12 }), async (fields) => {
        await answerOf(request(null, fields))
        const seen = echo.requests.at(-1)?.fields.others
        expect(Object.fromEntries([...(seen ?? [])].filter(([key]) => key.startsWith('x-')))).toEqual({
          ...fields,
        })
      }),
      { numRuns: 150 },
    )
  })

  it.each([0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 3_000_000])('echoes %d bytes', async (length) => {
    await start()
    const body = bytes(length)
    const answer = await answerOf(request(body))
    expect(answer.body.equals(body)).toBe(true)
    expect(answer.trailers['grpc-status']).toBe('0')
  })

  it('sends no more than the windows of its client allow', async () => {
    await start({}, { initialWindowSize: 1000 })
    const bodies = [bytes(5000), bytes(100_000), bytes(70), bytes(20_000)]
    const answers = await Promise.all(bodies.map((body) => answerOf(request(body))))
    for (const [i, answer] of answers.entries()) expect(answer.body.equals(bodies[i] as Buffer)).toBe(true)
  })

  it('answers a thousand calls at once, each its own', async () => {
    await start({ how: 'wait' })
    const calls = Array.from({ length: 1000 }, (_, i) => answerOf(request(Buffer.from(`call ${i}`))))
    await vi.waitFor(() => expect(echo.requests.filter(({ exchange }) => exchange.ended)).toHaveLength(1000))
    for (const one of echo.requests.toReversed()) one.answer()
    const answers = await Promise.all(calls)
    expect(answers.map(({ body }) => body.toString())).toEqual(calls.map((_, i) => `call ${i}`))
    expect(echo.requests.every(({ gone }) => gone)).toBe(true)
  })

  it('holds back a sender that nobody reads, at the window of its stream, and no other', async () => {
    await start({ how: 'pause' })
    const body = bytes(1_000_000)
    const answer = answerOf(request(body))
    await vi.waitFor(() => expect(echo.requests).toHaveLength(1))
    const [held] = echo.requests
    const small = answerOf(request(Buffer.from('small')))
    await vi.waitFor(() => expect(echo.requests).toHaveLength(2))
    echo.requests[1]?.exchange.resume()
    await vi.waitFor(() => expect(echo.requests[1]?.exchange.ended).toBe(true))
    echo.requests[1]?.answer()
    expect((await small).body.toString()).toBe('small')
    expect(held?.bytes).toBe(0)
    expect(echo.sockets[0]?.bytesRead).toBeLessThan(80_000)
    held?.exchange.resume()
    await vi.waitFor(() => expect(held?.exchange.ended).toBe(true))
    held?.answer()
    expect((await answer).body.equals(body)).toBe(true)
  })

  it('takes trailers, and an end without data', async () => {
    await start()
    const stream = client.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
    stream.end('with trailers')
    expect((await answerOf(stream)).body.toString()).toBe('with trailers')
    expect((await answerOf(request(null))).body.toString()).toBe('')
  })

  it('tells its application of a stream that was reset, and answers the others', async () => {
    await start({ how: 'wait' })
    const stream = request(Buffer.from('given up'))
    await vi.waitFor(() => expect(echo.requests[0]?.exchange.ended).toBe(true))
    stream.close(8)
    await vi.waitFor(() => expect(echo.requests[0]?.gone).toBe(true))
    echo.requests[0]?.answer()
    const answer = answerOf(request(Buffer.from('next')))
    await vi.waitFor(() => expect(echo.requests[1]?.exchange.ended).toBe(true))
    echo.requests[1]?.answer()
    expect((await answer).body.toString()).toBe('next')
  })

  it('tells its application of streams whose connection is gone', async () => {
    await start({ how: 'wait' })
    for (let i = 0; i < 10; i++) request(Buffer.from('x'))
    await vi.waitFor(() => expect(echo.requests).toHaveLength(10))
    client.destroy()
    await vi.waitFor(() => expect(echo.requests.every(({ gone }) => gone)).toBe(true))
  })
})

describe('going away', () => {
  it('takes what comes until it has said its last word, and closes when all is answered', async () => {
    await start({ how: 'wait' })
    const [session] = echo.sessions
    const before = answerOf(request(Buffer.from('before')))
    await vi.waitFor(() => expect(echo.requests).toHaveLength(1))
    session?.announceEnd()
    await once(client, 'goaway')
    session?.end()
    echo.requests[0]?.answer()
    expect((await before).body.toString()).toBe('before')
    await once(client, 'close')
    expect(echo.refused).toEqual([])
  })

  it('closes at once when nothing is in flight', async () => {
    await start()
    await answerOf(request(Buffer.from('x')))
    echo.sessions[0]?.end()
    await once(client, 'close')
  })
})
