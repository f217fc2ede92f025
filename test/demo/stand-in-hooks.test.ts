import { describe, expect, test } from 'vitest'
import { type Scene, useScenes } from './harness.ts'
import type { ReceivedCall } from './tiny-provider.ts'

const { scene } = useScenes()

const LIFE = [
  'client.connect',
  'client.connack',
  'client.connected',
  'client.disconnected',
  'session.created',
  'session.resumed',
  'session.discarded',
  'session.takenover',
  'session.terminated',
].map((name) => ({ name }))

const SUBSCRIPTIONS = [
  'client.subscribe',
  'client.unsubscribe',
  'session.subscribed',
  'session.unsubscribed',
].map((name) => ({ name }))

const MESSAGES = ['message.publish', 'message.delivered', 'message.acked', 'message.dropped'].map((name) => ({
  name,
}))

/** Waits until so many calls came, and says which. */
async function rpcs({ provider }: Scene, count: number): Promise<string[]> {
  await expect.poll(() => provider.rpcs.length).toBe(count)
  return provider.rpcs
}

describe('the hooks of a connection', () => {
  test('come in the order measured on EMQX', async () => {
    const here = await scene({ hooks: LIFE })
    const client = await here.connect('c', { username: 'u', password: 'secret', keepalive: 30 })
    expect(here.provider.rpcs).toEqual([
      'OnClientConnect',
      'OnSessionCreated',
      'OnClientConnected',
      'OnClientConnack',
    ])
    expect(here.provider.of('OnClientConnect')[0]?.request.conninfo).toMatchObject({
      node: 'emqx@127.0.0.1',
      clientid: 'c',
      username: 'u',
      peerhost: '127.0.0.1',
      proto_name: 'MQTT',
      proto_ver: '4',
      keepalive: 30,
    })
    expect(here.provider.of('OnClientConnack')[0]?.request.result_code).toBe('success')
    expect(here.provider.of('OnClientConnected')[0]?.request.clientinfo).toMatchObject({
      clientid: 'c',
      username: 'u',
      password: '',
      protocol: 'mqtt',
    })
    await client.endAsync()
    expect((await rpcs(here, 6)).slice(4)).toEqual(['OnClientDisconnected', 'OnSessionTerminated'])
    expect(here.provider.of('OnClientDisconnected')[0]?.request.reason).toBe('normal')
  })

  test('tell a stored session resumed, and discarded by a clean start', async () => {
    const here = await scene({ hooks: LIFE.filter(({ name }) => name.startsWith('session.')) })
    for (const clean of [false, false, true]) {
      const client = await here.connect('c', { clean })
      await client.endAsync()
    }
    expect(await rpcs(here, 5)).toEqual([
      'OnSessionCreated',
      'OnSessionResumed',
      'OnSessionDiscarded',
      'OnSessionCreated',
      'OnSessionTerminated',
    ])
  })

  test('tell a takeover', async () => {
    const here = await scene({
      hooks: LIFE.filter(({ name }) => /created|resumed|takenover|disconnected/.test(name)),
    })
    await here.connect('c', { clean: false })
    await here.connect('c', { clean: false })
    expect((await rpcs(here, 4)).sort()).toEqual([
      'OnClientDisconnected',
      'OnSessionCreated',
      'OnSessionResumed',
      'OnSessionTakenover',
    ])
    expect(here.provider.of('OnClientDisconnected')[0]?.request.reason).toBe('takenover')
  })

  test('tell a connection that broke', async () => {
    const here = await scene({ hooks: [{ name: 'client.disconnected' }] })
    const client = await here.connect('c')
    client.stream.destroy()
    await rpcs(here, 1)
    expect(here.provider.of('OnClientDisconnected')[0]?.request.reason).toBe('tcp_closed')
  })
})

describe('client.authenticate', () => {
  const login = async (reply: unknown, emqx: { version?: string; failedAction?: 'ignore' | 'deny' } = {}) => {
    const here = await scene(
      {
        hooks: [{ name: 'client.authenticate' }, { name: 'client.connack' }],
        reply: ({ rpc }) => (rpc === 'OnClientAuthenticate' ? reply : undefined),
      },
      { contract: emqx.version === '5.9.0' ? 'v3' : 'v2', ...emqx },
    )
    const client = here.connect('c', { username: 'u', password: 'secret' }).then(
      () => 'in',
      (error: Error) => error.message,
    )
    return { end: await client, calls: here.provider.calls.slice(1) }
  }

  test('carries the password and is refused by a false result', async () => {
    const { end, calls } = await login({ type: 'STOP_AND_RETURN', bool_result: false })
    expect(end).toMatch(/Not authorized/)
    expect(calls.map(({ rpc }) => rpc)).toEqual(['OnClientAuthenticate', 'OnClientConnack'])
    expect(calls[0]?.request.clientinfo.password).toBe('secret')
    expect(calls[1]?.request.result_code).toBe('not_authorized')
  })

  test.each([
    ['a true result lets in', { type: 'CONTINUE', bool_result: true }, {}, /^in$/],
    ['IGNORE refuses up to 5.8', { type: 'IGNORE' }, { version: '5.8.9' }, /Not authorized/],
    ['IGNORE lets in from 5.9', { type: 'IGNORE' }, { version: '5.9.0' }, /^in$/],
    [
      'a failed call with deny refuses',
      { code: 13, details: 'broken' },
      { version: '5.9.0', failedAction: 'deny' },
      /Not authorized/,
    ],
    [
      'a failed call with ignore lets in from 5.9',
      { code: 13, details: 'broken' },
      { version: '5.9.0' },
      /^in$/,
    ],
  ] as const)('%s', async (_name, reply, emqx, expected) => {
    expect((await login(reply, emqx)).end).toMatch(expected)
  })
})

describe('the hooks of subscriptions', () => {
  test('tell all filters of a packet at once, then each, before the SUBACK', async () => {
    const here = await scene({ hooks: SUBSCRIPTIONS })
    const client = await here.connect('c')
    await client.subscribeAsync({ 'a/+': { qos: 1 }, 'b/#': { qos: 0 } })
    expect(here.provider.rpcs).toEqual(['OnClientSubscribe', 'OnSessionSubscribed', 'OnSessionSubscribed'])
    expect(here.provider.of('OnClientSubscribe')[0]?.request.topic_filters).toMatchObject([
      { name: 'a/+', subopts: { qos: 1 } },
      { name: 'b/#', subopts: { qos: 0 } },
    ])
    expect(here.provider.of('OnSessionSubscribed')[0]?.request).toMatchObject({
      topic: 'a/+',
      subopts: { qos: 1 },
    })
    await client.unsubscribeAsync('a/+')
    expect((await rpcs(here, 5)).slice(3)).toEqual(['OnClientUnsubscribe', 'OnSessionUnsubscribed'])
    await client.endAsync()
    await here.emqx.stop()
    expect(here.provider.rpcs).toHaveLength(5)
  })

  test('are silent when a stored session comes back, and its messages are delivered', async () => {
    const here = await scene({ hooks: [...SUBSCRIPTIONS, { name: 'message.acked' }] })
    const first = await here.connect('c', { clean: false })
    await first.subscribeAsync('t', { qos: 1 })
    await first.endAsync()
    const other = await here.connect('other')
    await other.publishAsync('t', 'while away', { qos: 1 })
    const got: string[] = []
    await here.connect('c', { clean: false, onMessage: (_topic, payload) => got.push(payload) })
    await expect.poll(() => got).toEqual(['while away'])
    expect((await rpcs(here, 3)).slice(2)).toEqual(['OnMessageAcked'])
    expect(here.provider.of('OnMessageAcked')[0]?.request).toMatchObject({
      clientinfo: { clientid: 'c' },
      message: { from: 'other', topic: 't' },
    })
  })
})

describe('the hooks of a message', () => {
  test('carry one id from publish over delivered to acked', async () => {
    const here = await scene({ hooks: MESSAGES })
    const lock = await here.connect('lock', { username: 'owner' })
    await lock.subscribeAsync('devices/lock/command', { qos: 1 })
    const app = await here.connect('app')
    await app.publishAsync('devices/lock/command', '{"a":1}', { qos: 2 })
    expect(await rpcs(here, 3)).toEqual(['OnMessagePublish', 'OnMessageDelivered', 'OnMessageAcked'])
    const [publish, delivered, acked] = here.provider.calls.slice(1) as [
      ReceivedCall,
      ReceivedCall,
      ReceivedCall,
    ]
    expect(publish.request.message).toMatchObject({
      node: 'emqx@127.0.0.1',
      qos: 2,
      from: 'app',
      topic: 'devices/lock/command',
      payload: Buffer.from('{"a":1}'),
      headers: { peerhost: '127.0.0.1', protocol: 'mqtt', allow_publish: 'true' },
    })
    expect(publish.request.message.headers).not.toHaveProperty('username')
    expect(publish.request.message.id).toMatch(/^[0-9A-F]{32}$/)
    expect(Math.abs(publish.request.message.timestamp - publish.atMs)).toBeLessThan(1_000)
    for (const { request } of [delivered, acked]) {
      expect(request.clientinfo).toMatchObject({ clientid: 'lock', username: 'owner' })
      expect(request.message).toMatchObject({ id: publish.request.message.id, qos: 1, from: 'app' })
    }
    expect(here.emqx.counters).toMatchObject({ publishes: 1, pubacked: 1, delivered: 1, acked: 1 })
  })

  test('tell each receipt of many deliveries to several subscribers', async () => {
    const here = await scene({ hooks: [{ name: 'message.acked', topics: ['t/#'] }] })
    for (const id of ['a', 'b']) {
      const subscriber = await here.connect(id)
      await subscriber.subscribeAsync(['t/#', 'u'], { qos: 1 })
    }
    const app = await here.connect('app')
    for (let n = 0; n < 20; n++) await app.publishAsync(n % 2 === 0 ? 't/x' : 'u', String(n), { qos: 1 })
    await rpcs(here, 20)
    for (const id of ['a', 'b']) {
      const acked = here.provider
        .of('OnMessageAcked')
        .filter(({ request }) => request.clientinfo.clientid === id)
      expect(acked.map(({ request }) => Number(request.message.payload))).toEqual([
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
      ])
    }
    await expect.poll(() => here.emqx.counters.acked).toBe(40)
  })

  test('tell QoS 0 delivered and never acked', async () => {
    const here = await scene({ hooks: MESSAGES })
    const client = await here.connect('c')
    await client.subscribeAsync('t', { qos: 0 })
    await client.publishAsync('t', 'x', { qos: 1 })
    expect(await rpcs(here, 2)).toEqual(['OnMessagePublish', 'OnMessageDelivered'])
    expect(here.provider.of('OnMessageDelivered')[0]?.request.message.qos).toBe(0)
  })

  test('tell a message that nobody gets', async () => {
    const here = await scene({ hooks: MESSAGES })
    const client = await here.connect('c')
    await client.publishAsync('t', 'x', { qos: 0 })
    expect(await rpcs(here, 2)).toEqual(['OnMessagePublish', 'OnMessageDropped'])
    expect(here.provider.of('OnMessageDropped')[0]?.request).toMatchObject({
      message: { from: 'c', topic: 't' },
      reason: 'no_subscribers',
    })
  })

  test('tell a will, which has no headers', async () => {
    const here = await scene({ hooks: [{ name: 'message.publish' }] })
    const client = await here.connect('c', { will: { topic: 'gone', payload: Buffer.from('c'), qos: 1 } })
    client.stream.destroy()
    await rpcs(here, 1)
    expect(here.provider.of('OnMessagePublish')[0]?.request.message).toMatchObject({
      from: 'c',
      topic: 'gone',
      headers: {},
    })
    expect(here.emqx.counters).toMatchObject({ publishes: 1, pubacked: 0 })
  })

  test('change the message as the provider says', async () => {
    const here = await scene({
      hooks: [{ name: 'message.publish' }],
      reply: ({ rpc, request }) =>
        rpc === 'OnMessagePublish'
          ? {
              type: 'CONTINUE',
              message: { ...request.message, topic: 'new', payload: Buffer.from('changed') },
            }
          : undefined,
    })
    const got: string[] = []
    const client = await here.connect('c', { onMessage: (topic, payload) => got.push(`${topic} ${payload}`) })
    await client.subscribeAsync('#', { qos: 1 })
    await client.publishAsync('old', 'x', { qos: 1 })
    await expect.poll(() => got).toEqual(['new changed'])
  })

  test('count a reply without a value, and change nothing', async () => {
    const here = await scene({
      hooks: [{ name: 'message.publish' }],
      reply: ({ rpc }) => (rpc === 'OnMessagePublish' ? { type: 'CONTINUE' } : undefined),
    })
    const client = await here.connect('c')
    await client.publishAsync('t', 'x', { qos: 1 })
    expect(here.emqx.counters).toMatchObject({ emptyReplies: 1, rejected: 0 })
  })

  test('begin with message.ingress on 6.3, whose false stops the message', async () => {
    const here = await scene(
      {
        hooks: [{ name: 'message.ingress' }, { name: 'message.publish' }],
        reply: ({ rpc, request }) =>
          rpc === 'OnMessageIngress' && request.message.topic === 'bad'
            ? { type: 'STOP_AND_RETURN', bool_result: false }
            : undefined,
      },
      { contract: 'v3', version: '6.3.0' },
    )
    const client = await here.connect('c')
    await client.publishAsync('bad', 'x', { qos: 1 })
    await client.publishAsync('good', 'x', { qos: 1 })
    expect(here.provider.rpcs).toEqual(['OnMessageIngress', 'OnMessageIngress', 'OnMessagePublish'])
    expect(here.emqx.counters).toMatchObject({ rejected: 1, pubacked: 2 })
  })
})

describe('client.authorize', () => {
  test('denies a subscription in the SUBACK, and a publish silently', async () => {
    const here = await scene({
      hooks: [{ name: 'client.authorize' }, { name: 'message.publish' }],
      reply: ({ rpc, request }) =>
        rpc === 'OnClientAuthorize'
          ? { type: 'CONTINUE', bool_result: !request.topic.startsWith('secret') }
          : undefined,
    })
    const client = await here.connect('c')
    await expect(client.subscribeAsync('secret/a', { qos: 1 })).rejects.toThrow()
    await client.subscribeAsync('open', { qos: 1 })
    await client.publishAsync('secret/a', 'x', { qos: 1 })
    await client.publishAsync('open', 'x', { qos: 1 })
    expect(here.provider.rpcs.filter((rpc) => rpc === 'OnMessagePublish')).toHaveLength(1)
    expect(
      here.provider.of('OnClientAuthorize').map(({ request }) => `${request.type} ${request.topic}`),
    ).toEqual(['SUBSCRIBE secret/a', 'SUBSCRIBE open', 'PUBLISH secret/a', 'PUBLISH open'])
    expect(here.emqx.counters).toMatchObject({ rejected: 1, pubacked: 2 })
  })
})
