import { setTimeout as sleep } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { FRAME } from '../support/http2-frames.ts'
import { connectRaw, lastStreamOf } from './raw-http2.ts'
import { contract, publish, type Served, serve } from './served.ts'

const ANY_STREAM = 2 ** 31 - 1
const PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'
const body = methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(publish('devices/1/state'))

let served: Served
afterEach(() => served.end())

const until = async (reached: () => boolean): Promise<void> => {
  while (!reached()) await sleep(5)
}

describe('stop', () => {
  it('answers a call that is in flight, and resolves only then', async () => {
    served = await serve()
    served.intake.next = 'held'
    const call = served.client().call('OnMessagePublish', publish('devices/1/state'))
    await until(() => served.intake.held === 1)
    expect(served.server.inFlight).toBe(1)
    let stopped = false
    const stop = served.server.stop().then(() => {
      stopped = true
    })
    await sleep(600)
    expect(stopped).toBe(false)
    served.intake.release('queued')
    expect((await call).status).toBe(status.OK)
    await stop
    expect(served.ledger.snapshot()).toMatchObject({ calls: 1, matched: 1 })
    expect(served.server.inFlight).toBe(0)
  })

  it('refuses new connections at once', async () => {
    served = await serve()
    await served.client().call('OnMessageAcked', {})
    const stop = served.server.stop()
    const late = served.client({ deadlineMs: 200 })
    expect((await late.call('OnMessagePublish', publish('devices/1/state'))).status).not.toBe(status.OK)
    await stop
  })

  it('is quick when nobody is connected, and safe twice', async () => {
    served = await serve()
    const start = performance.now()
    await Promise.all([served.server.stop(), served.server.stop()])
    await served.server.stop()
    expect(performance.now() - start).toBeLessThan(200)
  })

  it('closes idle connections', async () => {
    served = await serve()
    const client = served.client({ connections: 8 })
    await client.connected()
    const start = performance.now()
    await served.server.stop()
    expect(performance.now() - start).toBeLessThan(900)
  })

  it('does not wait for ever for half a request', async () => {
    served = await serve()
    const raw = await connectRaw(served)
    raw.call(1, PATH, body)
    await raw.ended(1)
    raw.begin(3, PATH)
    const start = performance.now()
    await served.server.stop()
    expect(performance.now() - start).toBeLessThan(2500)
    expect(served.lines.at(-1)?.msg).toContain('connections that stayed open are cut')
  })

  it('is cut short by forceStop, whatever is in flight', async () => {
    served = await serve()
    served.intake.next = 'held'
    const call = served.client().call('OnMessagePublish', publish('devices/1/state'))
    await until(() => served.intake.held === 1)
    const stop = served.server.stop()
    await sleep(20)
    served.server.forceStop()
    await stop
    expect((await call).status).toBe(status.UNAVAILABLE)
    served.intake.release('queued')
    expect(served.ledger.snapshot().matched).toBe(1)
  })
})

describe('a connection while the server stops', () => {
  it('is told to go away, and what it still sends is answered', async () => {
    served = await serve()
    const raw = await connectRaw(served)
    raw.call(1, PATH, body)
    await raw.ended(1)
    const stop = served.server.stop()

    // Sent before the client can know; and, as a client does that has not read the notice yet, after it.
    raw.call(3, PATH, body)
    await raw.ended(3)
    const notice = await raw.frame((frame) => frame.type === FRAME.goaway)
    expect(lastStreamOf(notice)).toBe(ANY_STREAM)
    raw.call(5, PATH, body)
    await raw.ended(5)

    const last = await raw.frame((frame) => frame.type === FRAME.goaway && frame !== notice)
    expect(lastStreamOf(last)).toBe(5)
    await Promise.all([stop, raw.closed])
    expect(raw.frames.filter((frame) => frame.type === FRAME.rstStream)).toEqual([])
    expect(served.ledger.snapshot()).toMatchObject({ calls: 3, matched: 3 })
  })

  it('gets an answer for every call that was taken, under load', async () => {
    served = await serve()
    const client = served.client({ connections: 8 })
    await client.connected()
    const counts = { ok: 0, refused: 0, other: 0 }
    let going = true
    const device = async (key: string) => {
      while (going) {
        const { status: code } = await client.call('OnMessagePublish', publish('devices/1/state'), { key })
        if (code === status.OK) counts.ok++
        else if (code === status.UNAVAILABLE) counts.refused++
        else counts.other++
        if (code !== status.OK) await sleep(10)
      }
    }
    const devices = Array.from({ length: 32 }, (_, i) => device(`lock-${i}`))
    await until(() => counts.ok > 500)
    await served.server.stop()
    going = false
    await Promise.all(devices)
    expect(counts.other).toBe(0)
    expect(counts.ok).toBe(served.ledger.snapshot().calls)
  })
})
