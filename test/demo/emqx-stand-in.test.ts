import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createEmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { gate, useScenes } from './harness.ts'

const { scene } = useScenes()

const PUBLISH = { name: 'message.publish' }
const never = new Promise(() => {})
const REJECT = {
  type: 'STOP_AND_RETURN',
  message: { topic: 'a/b', qos: 1, payload: Buffer.from('x'), headers: { allow_publish: 'false' } },
}

describe('loading', () => {
  test('tells the broker, keeps the hooks and filters, opens the whole pool, and unloads at the end', async () => {
    const { provider, emqx } = await scene({ hooks: [{ name: 'message.publish', topics: ['a/+'] }] })
    expect(provider.of('OnProviderLoaded')[0]?.request).toMatchObject({
      broker: { version: '5.8.9' },
      meta: { node: 'emqx@127.0.0.1', version: '5.8.9', cluster_name: 'emqxcl' },
    })
    expect(emqx.hooks).toEqual([{ name: 'message.publish', topics: ['a/+'] }])
    await emqx.stop()
    expect(provider.of('OnProviderUnloaded')).toHaveLength(1)
    await emqx.stop()
  })

  test('an unknown hook name fails the load, and so does a hook of a later EMQX', async () => {
    const odd = scene({ hooks: [{ name: 'message.published' }] })
    await expect(odd).rejects.toThrow('unknown hook "message.published"')
    const early = scene({ hooks: [{ name: 'message.ingress' }] }, { contract: 'v3', version: '6.2.0' })
    await expect(early).rejects.toThrow('unknown hook "message.ingress"')
    await scene({ hooks: [{ name: 'message.ingress' }] }, { contract: 'v3', version: '6.3.0' })
  })

  test('a provider that is not there fails the load', async () => {
    const emqx = createEmqxStandIn({ provider: 'http://127.0.0.1:1', requestTimeoutMs: 300 })
    await expect(emqx.start()).rejects.toThrow('no connection to 127.0.0.1:1')
  })

  test('hooks are read again only by a reload', async () => {
    let hooks = [{ name: 'message.publish' }]
    const { provider, emqx } = await scene({
      hooks: [],
      reply: ({ rpc }) => (rpc === 'OnProviderLoaded' ? { hooks } : undefined),
    })
    hooks = [{ name: 'client.connected' }]
    expect(emqx.hooks.map(({ name }) => name)).toEqual(['message.publish'])
    await emqx.reload()
    expect(emqx.hooks.map(({ name }) => name)).toEqual(['client.connected'])
    expect(provider.calls.map(({ rpc }) => rpc)).toEqual([
      'OnProviderLoaded',
      'OnProviderUnloaded',
      'OnProviderLoaded',
    ])
  })
})

describe('the PUBACK', () => {
  test('waits for the reply', async () => {
    const reply = gate()
    const { provider, emqx, connect } = await scene({
      hooks: [PUBLISH],
      reply: ({ rpc }) =>
        rpc === 'OnMessagePublish' ? reply.passed.then(() => ({ type: 'IGNORE' })) : undefined,
    })
    const client = await connect('c')
    let acknowledged = false
    const published = client.publishAsync('a/b', 'x', { qos: 1 }).then(() => {
      acknowledged = true
    })
    await expect.poll(() => provider.of('OnMessagePublish').length).toBe(1)
    await sleep(150)
    expect(acknowledged).toBe(false)
    reply.open()
    await published
    expect(emqx.counters).toMatchObject({ calls: 1, succeeded: 1, publishes: 1, pubacked: 1, unhooked: 0 })
  })

  test.each([1, 2] as const)(
    'comes all the same when the call fails, and the message goes out (QoS %i)',
    async (qos) => {
      const { emqx, connect, ended } = await scene(
        {
          hooks: [PUBLISH],
          reply: ({ rpc }) => (rpc === 'OnMessagePublish' ? { code: 8, details: 'full' } : undefined),
        },
        { failedAction: 'deny' },
      )
      const [client, other] = [await connect('c'), await connect('other')]
      const got: string[] = []
      other.on('message', (_topic, payload) => got.push(String(payload)))
      await other.subscribeAsync('a/b', { qos: 1 })
      await client.publishAsync('a/b', 'x', { qos })
      await expect.poll(() => got).toEqual(['x'])
      expect(emqx.counters).toMatchObject({ failed: 1, unhooked: 1, pubacked: 1, timedOut: 0 })
      expect(ended[0]).toMatchObject({
        hook: 'message.publish',
        clientid: 'c',
        outcome: 'failed',
        error: '8 full',
      })
      expect(ended[0]?.ms).toBeLessThan(1_000)
    },
  )

  test('comes after the request timeout when the provider is frozen', async () => {
    const { emqx, connect, provider, wire, ended } = await scene(
      { hooks: [PUBLISH] },
      { requestTimeoutMs: 1_300 },
    )
    const client = await connect('c')
    await client.publishAsync('a/b', 'warm', { qos: 1 })
    // The deadline told is cut to whole seconds.
    expect(provider.of('OnMessagePublish')[0]?.deadlineMs).toBeLessThanOrEqual(1_000)
    wire.stall()
    await client.publishAsync('a/b', 'x', { qos: 1 })
    expect(ended[1]).toMatchObject({ outcome: 'timedOut', error: 'no reply within 1300 ms' })
    expect(ended[1]?.ms).toBeGreaterThan(1_290)
    expect(emqx.counters).toMatchObject({ succeeded: 1, timedOut: 1, unhooked: 1, pubacked: 2 })
    await wire.heal()
  })

  test('comes for a rejected message that nobody receives, and that is not retained', async () => {
    const { emqx, connect } = await scene({
      hooks: [PUBLISH],
      reply: ({ rpc, request }) =>
        rpc === 'OnMessagePublish' && String(request.message.payload) === 'bad' ? REJECT : undefined,
    })
    const [client, other] = [await connect('c'), await connect('other')]
    const got: string[] = []
    other.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await other.subscribeAsync(['#', '$exhook/#'], { qos: 1 })
    await client.publishAsync('a/b', 'bad', { qos: 1, retain: true })
    await client.publishAsync('a/b', 'good', { qos: 1 })
    await expect.poll(() => got).toEqual(['a/b good'])
    expect(emqx.counters).toMatchObject({ rejected: 1, publishes: 2, pubacked: 2, delivered: 1, unhooked: 0 })
    const late = await connect('late')
    late.on('message', (topic) => got.push(`late ${topic}`))
    await late.subscribeAsync('#', { qos: 1 })
    await sleep(100)
    expect(got).toEqual(['a/b good'])
  })
})

describe('calls', () => {
  test('of one client come one at a time and in order; of two at once', async () => {
    let busy = 0
    const most = { one: 0, all: 0 }
    const mine = new Map<string, number>()
    const { provider, connect } = await scene({
      hooks: [PUBLISH],
      async reply({ rpc, request }) {
        if (rpc !== 'OnMessagePublish') return rpc === 'OnProviderLoaded' ? { hooks: [PUBLISH] } : {}
        const from = request.message.from as string
        busy++
        mine.set(from, (mine.get(from) ?? 0) + 1)
        most.all = Math.max(most.all, busy)
        most.one = Math.max(most.one, mine.get(from) ?? 0)
        await sleep(20)
        busy--
        mine.set(from, (mine.get(from) ?? 0) - 1)
        return { type: 'IGNORE' }
      },
    })
    const clients = [await connect('a'), await connect('b')]
    await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 10 }, (_, n) =>
          client.publishAsync('t', String(n), { qos: n % 2 === 0 ? 1 : 0 }),
        ),
      ),
    )
    await expect.poll(() => provider.of('OnMessagePublish').length).toBe(20)
    for (const from of ['a', 'b']) {
      const sequence = provider
        .of('OnMessagePublish')
        .filter(({ request }) => request.message.from === from)
        .map(({ request }) => Number(request.message.payload))
      expect(sequence).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
    expect(most).toEqual({ one: 1, all: 2 })
  })

  test('of one client come over one connection, of many over the whole pool', async () => {
    const { provider, connect } = await scene({ hooks: [PUBLISH, { name: 'client.connected' }] })
    for (let n = 0; n < 40; n++) {
      const client = await connect(`lock-${n}`)
      await client.publishAsync('t', 'x', { qos: 1 })
    }
    const peers = new Map<string, Set<string>>()
    for (const { rpc, request, peer } of provider.calls) {
      if (rpc.startsWith('OnProvider')) continue
      const id = request.message?.from ?? request.clientinfo.clientid
      peers.set(id, (peers.get(id) ?? new Set()).add(peer))
    }
    expect([...peers.values()].map((set) => set.size)).toEqual(Array(40).fill(1))
    expect(new Set([...peers.values()].flatMap((set) => [...set])).size).toBe(8)
  })

  test('are only made for topics that match the filters told, and never for hooks not told', async () => {
    const { provider, emqx, connect } = await scene({
      hooks: [{ name: 'message.publish', topics: ['devices/+/state', 'logs/#'] }],
    })
    const client = await connect('c')
    for (const topic of [
      'devices/1/state',
      'devices/1/command',
      'logs',
      'logs/a/b',
      'devices/1/2/state',
      '$x/logs',
    ]) {
      await client.publishAsync(topic, 'x', { qos: 1 })
    }
    expect(provider.of('OnMessagePublish').map(({ request }) => request.message.topic)).toEqual([
      'devices/1/state',
      'logs',
      'logs/a/b',
    ])
    expect(provider.rpcs).toHaveLength(3)
    expect(emqx.counters).toMatchObject({ publishes: 6, pubacked: 6, calls: 3 })
  })

  test('under way when the provider dies cost the request timeout; refused ones fail at once; a new life is found', async () => {
    const { provider, wire, connect, ended, emqx } = await scene(
      {
        hooks: [PUBLISH],
        reply: ({ rpc, request }) =>
          rpc === 'OnMessagePublish' && String(request.message.payload) === 'in flight' ? never : undefined,
      },
      { requestTimeoutMs: 1_000 },
    )
    const client = await connect('c')
    const first = client.publishAsync('t', 'in flight', { qos: 1 })
    await expect.poll(() => provider.of('OnMessagePublish').length).toBe(1)
    await wire.refuse()
    await first
    expect(ended[0]).toMatchObject({ outcome: 'timedOut' })
    expect(ended[0]?.ms).toBeGreaterThan(990)

    for (const n of [1, 2]) {
      await client.publishAsync('t', 'refused', { qos: 1 })
      expect(ended[n]).toMatchObject({ outcome: 'failed', error: expect.stringContaining('ECONNREFUSED') })
      expect(ended[n]?.ms).toBeLessThan(600)
    }

    await wire.heal()
    await client.publishAsync('t', 'back', { qos: 1 })
    expect(ended[3]).toMatchObject({ outcome: 'succeeded' })
    expect(emqx.counters).toMatchObject({ calls: 4, timedOut: 1, failed: 2, succeeded: 1, unhooked: 3 })
  })
})

test('a port that is taken fails the start and leaves nothing open', async () => {
  const { emqx, provider } = await scene({ hooks: [] })
  const mqttPort = Number(new URL(emqx.url).port)
  const second = createEmqxStandIn({ provider: provider.url, mqttPort })
  await expect(second.start()).rejects.toThrow('EADDRINUSE')
  await second.stop()
})
