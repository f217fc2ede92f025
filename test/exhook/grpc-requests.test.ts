import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { contract, publish, type Served, type ServedOptions, serve } from './served.ts'

const MB = 1_000_000
/** Room for one large request of 1 MB, and for one that waits. */
const ONE = { maxBytes: 1.5 * MB, maxLargeBytes: 1.5 * MB, smallBytes: 30_000, maxWaiting: 1 }

let served: Served
let session: ClientHttp2Session
afterEach(() => {
  session.destroy()
  served.end()
  expect(balances(served.ledger.snapshot())).toBe(true)
})

async function serving(options: ServedOptions = {}): Promise<void> {
  served = await serve(options)
  session = await connected()
}

async function connected(): Promise<ClientHttp2Session> {
  // By default node:http2 cuts itself off at 10 MB of its own.
  const opened = served.connectHttp2({ maxSessionMemory: 1000 })
  opened.on('error', () => {})
  await once(opened, 'remoteSettings')
  return opened
}

interface Open {
  readonly stream: ClientHttp2Stream
  /** gRPC's status, as soon as it is there. */
  readonly status: Promise<number>
  /** The code of a reset; 0: none. */
  readonly closed: Promise<number>
}

function open(timeoutMs = 5000, on = session): Open {
  const stream = on.request({
    ':method': 'POST',
    ':path': '/emqx.exhook.v2.HookProvider/OnMessagePublish',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'grpc-timeout': `${timeoutMs}m`,
  })
  stream.on('error', () => {})
  stream.resume()
  return {
    stream,
    status: new Promise((resolve) => {
      for (const event of ['response', 'trailers'] as const) {
        stream.on(event, (headers: Record<string, unknown>) => {
          if (headers['grpc-status'] !== undefined) resolve(Number(headers['grpc-status']))
        })
      }
    }),
    closed: new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode ?? 0))),
  }
}

/** A framed request with a payload of so many bytes. */
function request(payloadBytes: number, topic = 'devices/1/state'): Buffer {
  const body = methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(
    publish(topic, { payload: Buffer.alloc(payloadBytes, 'p') }),
  )
  const frame = Buffer.concat([Buffer.alloc(5), body])
  frame.writeUInt32BE(body.length, 1)
  return frame
}

const small = request(100)
const large = request(MB)

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !holds(); i++) await sleep(5)
  expect(holds()).toBe(true)
}
const nothingHeld = () => until(() => served.budget.bytes === 0 && served.budget.waiting === 0)

/** A call that works, on the same connection, to show that it goes on. */
async function another(frame = small): Promise<void> {
  const call = open()
  call.stream.end(frame)
  expect(await call.status).toBe(0)
  expect(await call.closed).toBe(0)
}

describe('a request', () => {
  it.each([
    ['byte by byte', 1],
    ['its prefix apart', 5],
    ['across its prefix', 7],
    ['in many pieces', 100],
  ])('is the same %s', async (_, size) => {
    await serving()
    const call = open()
    for (let at = 0; at < small.length; at += size) {
      call.stream.write(small.subarray(at, at + size))
      await sleep(1)
    }
    call.stream.end()
    expect(await call.status).toBe(0)
    await another()
    const [first, second] = served.intake.records
    expect(JSON.parse(String(first?.value)).payload).toBe(JSON.parse(String(second?.value)).payload)
    await nothingHeld()
  })

  it('is dropped when more follows it, or less came than it said', async () => {
    await serving()
    for (const frame of [
      Buffer.concat([small, small]),
      Buffer.concat([large, small]),
      small.subarray(0, -1),
      large.subarray(0, -1),
      small.subarray(0, 3),
    ]) {
      const call = open()
      call.stream.end(frame)
      expect(await call.status).toBe(3)
      expect(await call.closed).toBe(0)
    }
    expect(served.ledger.snapshot()).toMatchObject({ calls: 5, refused: { malformed: 5 } })
    await another()
    await nothingHeld()
  })

  it('is not taken when it is compressed: what it would grow to is not known', async () => {
    await serving()
    const call = open()
    call.stream.end(Buffer.concat([Buffer.of(1), small.subarray(1)]))
    expect(await call.status).toBe(12)
    expect(served.ledger.snapshot().refused.malformed).toBe(1)
    await another()
  })

  it('is refused by what it says of its size, before that comes', async () => {
    await serving({ maxReceiveBytes: MB })
    const call = open()
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(0xffffffff, 1)
    call.stream.write(prefix)
    expect(await call.status).toBe(8)
    expect(served.ledger.snapshot()).toMatchObject({ calls: 1, refused: { too_large: 1 } })
    expect(served.lines.map(({ msg }) => msg)).toEqual([
      'a call of OnMessagePublish was refused before it was read: the request is larger than grpc.max_receive_bytes',
    ])
    call.stream.end()
    expect(await call.closed).toBe(0)
  })
})

describe('a large request without room', () => {
  it('waits unread, while others of its connection go on, and comes in its turn', async () => {
    await serving({ budget: ONE })
    const first = open()
    first.stream.write(large.subarray(0, 20_000))
    await until(() => served.budget.bytes > MB)
    const second = open()
    second.stream.end(large)
    await until(() => served.budget.waiting === 1)
    await sleep(100)
    // What HTTP/2 let go out is the stream's window, and what was read of it.
    expect(second.stream.bufferSize).toBeGreaterThan(MB - 2 * 65_536)
    for (let i = 0; i < 20; i++) await another()
    expect(served.budget).toMatchObject({ waiting: 1, bytes: large.length - 5 })
    first.stream.end(large.subarray(20_000))
    expect(await Promise.all([first.status, second.status])).toEqual([0, 0])
    expect(await Promise.all([first.closed, second.closed])).toEqual([0, 0])
    await nothingHeld()
    const [one, other] = served.intake.records.filter(({ bytes }) => bytes > MB)
    expect(JSON.parse(String(other?.value)).payload).toBe(JSON.parse(String(one?.value)).payload)
  })

  it('is refused at once when too many wait, and the rest of it is read and dropped', async () => {
    await serving({ budget: ONE })
    const first = open()
    first.stream.write(large.subarray(0, 20_000))
    await until(() => served.budget.bytes > MB)
    const second = open()
    second.stream.end(large)
    await until(() => served.budget.waiting === 1)
    const more = Array.from({ length: 30 }, () => open())
    for (const { stream } of more) stream.end(large)
    expect(new Set(await Promise.all(more.map(({ status }) => status)))).toEqual(new Set([8]))
    expect(new Set(await Promise.all(more.map(({ closed }) => closed)))).toEqual(new Set([0]))
    expect(served.ledger.snapshot()).toMatchObject({ calls: 30, refused: { overloaded: 30 } })
    first.stream.end(large.subarray(20_000))
    expect(await Promise.all([first.status, second.status])).toEqual([0, 0])
    await nothingHeld()
  })

  it('is refused before its deadline, by the margin of replies', async () => {
    await serving({ budget: ONE })
    const first = open()
    first.stream.write(large.subarray(0, 20_000))
    await until(() => served.budget.bytes > MB)
    const from = performance.now()
    const second = open(900)
    second.stream.end(large)
    expect(await second.status).toBe(8)
    expect(performance.now() - from).toBeLessThan(850)
    expect(await second.closed).toBe(0)
    expect(served.budget.waiting).toBe(0)
    first.stream.end(large.subarray(20_000))
    expect(await first.status).toBe(0)
  })
})

describe('what is held is given back at once', () => {
  it.each([
    ['waits for its turn', 'cancel'],
    ['comes in', 'cancel'],
    ['is whole and has not ended', 'cancel'],
    ['waits for its turn', 'cut'],
    ['comes in', 'cut'],
    ['is whole and has not ended', 'cut'],
  ])('when a request that %s meets a %s', async (what, how) => {
    await serving({ budget: ONE })
    const other = await connected()
    const blocker = open()
    if (what === 'waits for its turn') {
      blocker.stream.write(large.subarray(0, 20_000))
      await until(() => served.budget.bytes > MB)
    }
    const before = served.budget.bytes
    const call = open(5000, other)
    if (what === 'is whole and has not ended') call.stream.write(request(9000))
    else call.stream.write(what === 'comes in' ? large.subarray(0, 20_000) : large)
    await until(() => served.budget.waiting === 1 || served.budget.bytes > before)
    if (how === 'cancel') call.stream.destroy()
    else other.destroy()
    await until(() => served.budget.waiting === 0 && served.budget.bytes === before)
    expect(served.server.inFlight).toBe(before > 0 ? 1 : 0)
    // What was whole is an event like any other; of the others there never was a call.
    expect(served.ledger.snapshot()).toMatchObject({
      calls: what.startsWith('is whole') ? 1 : 0,
      refused: { malformed: 0 },
    })
    other.destroy()
  })

  it.each([
    ['a part of a small one', () => request(9000).subarray(0, 4000)],
    ['a part of a large one', () => large.subarray(0, 20_000)],
    ['all of it but its end', () => request(9000)],
    ['all of a large one but its end', () => large],
  ])('at the deadline of a request of which %s came', async (_, sent) => {
    await serving({ budget: ONE })
    const call = open(300)
    call.stream.write(sent())
    await until(() => served.budget.bytes > 0)
    expect(await call.status).toBe(4)
    await nothingHeld()
    expect(served.ledger.snapshot()).toMatchObject({ calls: 1, refused: { incomplete: 1 } })
    expect(served.server.inFlight).toBe(0)
    call.stream.end()
    expect(await call.closed).toBe(0)
    expect(served.server.inFlight).toBe(0)
    expect(served.intake.records).toEqual([])
    await another(large)
  })

  it('bounds streams without number that say little and send less', async () => {
    await serving({ budget: ONE })
    const calls = Array.from({ length: 500 }, () => open(1000))
    for (const { stream } of calls) stream.write(request(9000).subarray(0, 4000))
    const answers = await Promise.all(calls.map(({ status }) => status))
    // 1.5 MB of 9 kB each; the others are told at once.
    const admitted = answers.filter((status) => status === 4).length
    expect(admitted).toBeGreaterThan(150)
    expect(admitted).toBeLessThan(168)
    expect(answers.filter((status) => status === 8)).toHaveLength(500 - admitted)
    await nothingHeld()
    for (const { stream } of calls) stream.end()
    await Promise.all(calls.map(({ closed }) => closed))
    await another()
  })
})

describe('a call that is answered later', () => {
  const REJECTING = `rules:
  - hook: message.publish
    topic: t
    overflow: reject
`
  it('holds nothing of its request unless it may have to send it back', async () => {
    await serving()
    served.intake.next = 'held'
    const call = open()
    call.stream.end(large)
    await until(() => served.intake.held === 1)
    expect(served.budget.bytes).toBe(0)
    served.intake.release('queued')
    expect(await call.status).toBe(0)
  })

  it('holds its message until then', async () => {
    await serving({ rules: REJECTING })
    served.intake.next = 'held'
    const call = open()
    call.stream.end(large)
    await until(() => served.intake.held === 1)
    expect(served.budget.bytes).toBe(large.length - 5)
    const chunks: Buffer[] = []
    call.stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    served.intake.release('rejected')
    expect(await call.status).toBe(0)
    expect(served.budget.bytes).toBe(0)
    const reply = methodOf(contract, 'v2', 'OnMessagePublish').responseDeserialize(
      Buffer.concat(chunks).subarray(5),
    ) as { message: { payload: Buffer } }
    expect(reply.message.payload.equals(Buffer.alloc(MB, 'p'))).toBe(true)
  })

  it('lets go of it when its client has gone; the event stays where it is', async () => {
    await serving({ rules: REJECTING })
    served.intake.next = 'held'
    const calls = [open(), open()]
    calls[0]?.stream.end(large)
    calls[1]?.stream.end(small)
    await until(() => served.intake.held === 2)
    for (const { stream } of calls) stream.destroy()
    await nothingHeld()
    served.intake.release('queued')
    expect(served.ledger.snapshot()).toMatchObject({ calls: 2, matched: 2 })
  })
})

it('a stop waits for what is coming in', async () => {
  await serving()
  const call = open()
  call.stream.write(large.subarray(0, 20_000))
  await until(() => served.budget.bytes > MB)
  const stopped = served.server.stop()
  await sleep(1500)
  call.stream.end(large.subarray(20_000))
  expect(await call.status).toBe(0)
  await stopped
})
