import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FLAG, FRAME } from '../../src/http2/frames.ts'
import { type EchoServer, startEcho } from './echo-server.ts'
import { frame, type RawClient, REQUEST, rawClient, uint32 } from './raw-frames.ts'

let echo: EchoServer
let attacker: RawClient
beforeEach(async () => {
  echo = await startEcho({ how: 'wait' })
  attacker = await rawClient(echo.port)
})
afterEach(() => {
  attacker.socket.destroy()
  echo.close()
  expect(echo.faults).toEqual([])
})

const ENHANCE_YOUR_CALM = 11
const HEADERS_END = FLAG.endHeaders
const streamOf = (count: number): number => 2 * count + 1

/** A connection that behaves is served. */
async function expectService(): Promise<void> {
  const before = echo.requests.length
  const client = await rawClient(echo.port)
  client.send(frame(FRAME.headers, HEADERS_END | FLAG.endStream, 1, REQUEST))
  await vi.waitFor(() => expect(echo.requests.length).toBe(before + 1))
  if (echo.requests.at(-1)?.exchange.ended) echo.requests.at(-1)?.answer()
  await vi.waitFor(() => expect(client.frames.some(({ type }) => type === FRAME.data)).toBe(true))
  client.socket.destroy()
}

describe('a connection ends, and no other, that floods with', () => {
  it.each([
    ['PING', 'ping_flood', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', 'settings_flood', () => frame(FRAME.settings, 0, 0, Buffer.from('000400010000', 'hex'))],
    ['acknowledgements', 'settings_flood', () => frame(FRAME.settings, FLAG.ack, 0)],
    ['WINDOW_UPDATE', 'window_flood', () => frame(FRAME.windowUpdate, 0, 0, uint32(1))],
    [
      'PRIORITY',
      'priority_flood',
      (count: number) => frame(FRAME.priority, 0, streamOf(count), Buffer.alloc(5)),
    ],
    ['frames of unknown types', 'unknown_flood', () => frame(0xbe, 0, 0, Buffer.alloc(100))],
    [
      'rapid resets',
      'reset_flood',
      (count: number) =>
        Buffer.concat([
          frame(FRAME.headers, HEADERS_END, streamOf(count), REQUEST),
          frame(FRAME.rstStream, 0, streamOf(count), uint32(8)),
        ]),
    ],
    [
      'requests that are none',
      'malformed_flood',
      (count: number) => frame(FRAME.headers, HEADERS_END | FLAG.endStream, streamOf(count), Buffer.of(0x82)),
    ],
  ])('%s', async (_, reason, next) => {
    await attacker.flood(next, 200_000)
    await attacker.closed
    expect(echo.refused).toEqual([reason])
    expect(attacker.goAwayCode).toBe(ENHANCE_YOUR_CALM)
    expect(echo.requests.every(({ gone }) => gone)).toBe(true)
    await expectService()
  })

  it('empty DATA', async () => {
    attacker.send(frame(FRAME.headers, HEADERS_END, 1, REQUEST))
    await attacker.flood(() => frame(FRAME.data, 0, 1), 100_000)
    await attacker.closed
    expect(echo.refused).toEqual(['empty_flood'])
    await expectService()
  })

  it.each([
    ['large', Buffer.alloc(4000)],
    ['empty', Buffer.alloc(0)],
  ])('%s CONTINUATION without end', async (_, payload) => {
    attacker.send(frame(FRAME.headers, 0, 1, REQUEST))
    await attacker.flood(() => frame(FRAME.continuation, 0, 1, payload), 100_000)
    await attacker.closed
    expect(echo.refused).toEqual(['header_flood'])
    expect(echo.requests).toEqual([])
    await expectService()
  })
})

it('a header bomb is one request whose list is too large, and costs nothing', async () => {
  const remembered = Buffer.concat([
    Buffer.from('4001610b', 'hex').subarray(0, 3),
    Buffer.of(0x7f, 0xb1, 0x16),
    Buffer.alloc(2992, 'b'),
  ])
  const bomb = Buffer.concat([REQUEST, remembered, Buffer.alloc(10_000, 0xbe)])
  const started = performance.now()
  attacker.send(frame(FRAME.headers, HEADERS_END | FLAG.endStream, 1, bomb))
  await vi.waitFor(() => expect(echo.requests).toHaveLength(1))
  expect(performance.now() - started).toBeLessThan(1000)
  expect(echo.requests[0]?.fields).toMatchObject({ tooLarge: true, path: '' })
  await expectService()
})

it('what is held of a stream that nobody reads is what was sent, however small its frames are', async () => {
  echo.close()
  echo = await startEcho({ how: 'pause' })
  attacker = await rawClient(echo.port)
  attacker.send(frame(FRAME.headers, HEADERS_END, 1, REQUEST))
  const before = process.memoryUsage().rss
  await attacker.flood(() => frame(FRAME.data, 0, 1, Buffer.of(7)), 65_535)
  await vi.waitFor(() => expect(echo.sockets[1 - 1]?.bytesRead).toBeGreaterThan(655_000))
  expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024)
  echo.requests[0]?.exchange.resume()
  expect(echo.requests[0]?.bytes).toBe(65_535)
  // One byte above the window, of which half has been given back.
  expect(echo.refused).toEqual([])
})

it('more than the window of a stream is an error of the stream', async () => {
  echo.close()
  echo = await startEcho({ how: 'pause' })
  attacker = await rawClient(echo.port)
  attacker.send(frame(FRAME.headers, HEADERS_END, 1, REQUEST))
  for (let i = 0; i < 5; i++) attacker.send(frame(FRAME.data, 0, 1, Buffer.alloc(16_000)))
  await vi.waitFor(() => expect(attacker.frames.some(({ type }) => type === FRAME.rstStream)).toBe(true))
  expect(echo.requests[0]?.gone).toBe(true)
  await expectService()
})

it('streams that were answered while their request goes on are ended above a thousand, the oldest first', async () => {
  const calls = 1200
  await attacker.flood((count) => frame(FRAME.headers, HEADERS_END, streamOf(count), REQUEST), calls)
  await vi.waitFor(() => expect(echo.requests).toHaveLength(calls))
  for (const request of echo.requests) request.answer()
  await vi.waitFor(() =>
    expect(attacker.frames.filter(({ type }) => type === FRAME.rstStream)).toHaveLength(calls - 1000),
  )
  const resets = attacker.frames.filter(({ type }) => type === FRAME.rstStream)
  expect(resets.map(({ stream }) => stream)).toEqual(Array.from({ length: 200 }, (_, i) => streamOf(i)))
  expect(resets.every(({ payload }) => payload.readUInt32BE(0) === 0)).toBe(true)
})

it('a client that asks and takes no answers is ended', async () => {
  echo.close()
  echo = await startEcho({ how: 'echo' })
  attacker = await rawClient(echo.port)
  const body = Buffer.alloc(8000)
  const sent = attacker.flood(
    (count) =>
      Buffer.concat([
        frame(FRAME.headers, HEADERS_END, streamOf(count), REQUEST),
        frame(FRAME.data, FLAG.endStream, streamOf(count), body),
      ]),
    50_000,
  )
  // It gives no window for its answers: they are kept for it, up to 64 MiB.
  await sent
  await attacker.closed
  expect(echo.refused).toEqual(['slow_reader'])
  expect(echo.requests.length).toBeLessThan(10_000)
  await expectService()
})

describe('a client that takes nothing of its answers', () => {
  const ask = frame(FRAME.headers, HEADERS_END | FLAG.endStream, 1, REQUEST)

  beforeEach(async () => {
    echo.close()
    echo = await startEcho({ how: 'wait', stuckMs: 300 })
    attacker = await rawClient(echo.port)
    attacker.send(ask)
    await vi.waitFor(() => expect(echo.requests).toHaveLength(1))
    echo.requests[0]?.answer(Buffer.alloc(300_000))
  })

  it('is cut after a while', async () => {
    await attacker.closed
    expect(echo.refused).toEqual(['slow_reader'])
  })

  it('is not, as long as it takes some', async () => {
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      attacker.send(
        frame(FRAME.windowUpdate, 0, 0, uint32(1000)),
        frame(FRAME.windowUpdate, 0, 1, uint32(1000)),
      )
    }
    expect(echo.refused).toEqual([])
    attacker.send(frame(FRAME.windowUpdate, 0, 0, uint32(1e6)), frame(FRAME.windowUpdate, 0, 1, uint32(1e6)))
    await vi.waitFor(() =>
      expect(
        attacker.frames.reduce(
          (sum, { type, payload }) => sum + (type === FRAME.data ? payload.length : 0),
          0,
        ),
      ).toBe(300_000),
    )
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(echo.refused).toEqual([])
  })
})

describe('a frame costs its connection what it costs us', () => {
  const WAITING = 4000

  /** So many answers that wait, as their client gives no window. */
  async function waiting(firstWindow: number): Promise<void> {
    const zero = Buffer.concat([Buffer.from('0004', 'hex'), uint32(firstWindow)])
    attacker.send(frame(FRAME.settings, 0, 0, zero))
    await attacker.flood(
      (count) => frame(FRAME.headers, HEADERS_END | FLAG.endStream, streamOf(count), REQUEST),
      WAITING,
    )
    await vi.waitFor(() => expect(echo.requests).toHaveLength(WAITING), { timeout: 10_000 })
    for (const request of echo.requests) request.answer(Buffer.alloc(2000))
  }

  it.each([
    ['windows of all answers that wait', 0, 'settings_flood', windowOf],
    [
      'room for all answers that wait',
      65_535,
      'window_flood',
      () => frame(FRAME.windowUpdate, 0, 0, uint32(1)),
    ],
  ])('%s', async (_, firstWindow, reason, next) => {
    await waiting(firstWindow)
    const sent = attacker.flood(next, 50_000)
    await attacker.closed
    await sent
    expect(echo.refused).toEqual([reason])
    // Each made us look at thousands of them: so it took hundreds of frames, not twenty thousand.
    const changes = attacker.frames.filter(
      ({ type, payload }) => type === FRAME.settings && payload.length === 0,
    )
    if (reason === 'settings_flood') expect(changes.length).toBeLessThan(1000)
    await expectService()
  })

  it('SETTINGS that are as long as a frame can be', async () => {
    const long = frame(FRAME.settings, 0, 0, Buffer.from('000400010000'.repeat(2700), 'hex'))
    await attacker.flood(() => long, 20_000)
    await attacker.closed
    expect(echo.refused).toEqual(['settings_flood'])
    expect(echo.sockets[0]?.bytesRead).toBeLessThan(16 * 1024 * 1024)
    await expectService()
  })
})

/** A window of one byte for each stream, and none, in turn. */
function windowOf(count: number): Buffer {
  return frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from('0004', 'hex'), uint32(count % 2)]))
}
