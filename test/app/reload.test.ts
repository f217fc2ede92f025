import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { createEmqxApi } from '../../src/emqx/emqx-api.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { createHookClient } from '../support/hook-client.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import type { LogLine } from '../support/quiet-log.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const API = { key: 'the-key', secret: 'the-secret' }
const API_ENV = { EXHOOK_EMQX_API_KEY: API.key, EXHOOK_EMQX_API_SECRET: API.secret }

/** A rule file: `filter: Kafka topic` each. */
const rulesOf = (rules: Readonly<Record<string, string>>, more = '') =>
  `rules:\n${Object.entries(rules)
    .map(([filter, topic]) => `  - {hook: message.publish, filter: ${filter}, topic: ${topic}${more}}\n`)
    .join('')}`
const CONNECTED = '  - {name: logins, hook: client.connected, topic: logins}\n'

describe('rules that change while the server runs', () => {
  let kafka: KafkaServer
  let provider: ProviderProcess
  let emqx: EmqxStandIn | undefined
  let devices: Devices | undefined
  let path: string

  beforeAll(async () => {
    const names = ['before', 'after', 'logins', 'left', 'right', 'waited', 'mended']
    kafka = await startKafka({
      topics: { ...Object.fromEntries(names.map((name) => [name, 2])), 'exhook.dead-letters': 1 },
    })
  })
  afterEach(async () => {
    await devices?.end()
    await emqx?.stop()
    provider.signal('SIGKILL')
    await provider.ended
    emqx = devices = undefined
  })
  afterAll(() => kafka?.stop())

  async function serve(rules: string, flags: readonly string[] = [], env = {}) {
    path = temporaryFile('rules.yaml', rules)
    provider = await startProvider([`--rules=${path}`, `--kafka-brokers=${kafka.bootstrap}`, ...flags], {
      env,
    })
  }

  /** An EMQX with a REST API that has loaded the server, under the name `default`. */
  async function load(): Promise<EmqxStandIn> {
    emqx = createEmqxStandIn({ provider: `http://127.0.0.1:${provider.grpcPort}`, restApi: API })
    await emqx.start()
    return emqx
  }

  const write = (text: string) => writeFileSync(path, text)

  async function publish(topic: string): Promise<void> {
    const client = await connectAsync(emqx?.url ?? '', { reconnectPeriod: 0 })
    await client.publishAsync(topic, 'x', { qos: 1 })
    await client.endAsync()
  }

  async function said(part: string): Promise<LogLine> {
    for (;;) {
      const line = provider.lines.find(({ msg }) => msg.includes(part))
      if (line !== undefined) return line
      await sleep(10)
    }
  }

  /** A part of readiness, once it is as wanted. */
  async function untilPart(name: string, text: string | RegExp): Promise<number> {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)
      const part = new RegExp(`^${name}: (.*)$`, 'm').exec(await answer.text())?.[1] ?? ''
      if (typeof text === 'string' ? part.includes(text) : text.test(part)) return answer.status
      await sleep(20)
    }
  }

  const found = async (topic: string) => (await consumeAll(kafka.bootstrap, [topic])).length
  const untilFound = (topic: string, count: number) => consumeAll(kafka.bootstrap, [topic], { until: count })

  it('are in force without a restart; on a mistake the older ones stay, which /readyz and a metric say', async () => {
    await serve(rulesOf({ 'fleet/#': 'before' }))
    await load()
    await publish('fleet/1')
    await untilFound('before', 1)
    write(rulesOf({ 'fleet/#': 'after' }))
    expect(await said('new rules are in force')).toMatchObject({
      added: [expect.stringContaining('after')],
      removed: [expect.stringContaining('before')],
      changed: [],
    })
    await publish('fleet/2')
    await untilFound('after', 1)
    expect(await found('before')).toBe(1)

    const loadedAt = await metric(provider, 'exhook_rules_loaded_timestamp_seconds')
    write('rules:\n  - {hook: message.publsh, topic: after}\n')
    expect(await untilPart('rules', `${path}:2:12: `)).toBe(503)
    expect((await said(`${path}:2:12: `)).level).toBe(50)
    expect(await metric(provider, 'exhook_rules_mistakes')).toBe(1)
    expect(await metric(provider, 'exhook_rules_reloads_total', 'result="mistake"')).toBe(1)
    expect(await metric(provider, 'exhook_rules_loaded_timestamp_seconds')).toBe(loadedAt)
    await publish('fleet/3')
    await untilFound('after', 2)

    write(rulesOf({ 'fleet/#': 'mended' }))
    await untilPart('rules', /^1 rule in force/)
    expect(await metric(provider, 'exhook_rules_mistakes')).toBe(0)
    expect(await metric(provider, 'exhook_rules_reloads_total', 'result="ok"')).toBe(2)
    await publish('fleet/4')
    await untilFound('mended', 1)
    // The topics of the new rules are looked at.
    while ((await metric(provider, 'exhook_topic_ready', 'topic="mended"')) === 0) await sleep(20)
  })

  it('are read on SIGHUP', async () => {
    await serve(rulesOf({ 'fleet/#': 'before' }))
    provider.signal('SIGHUP')
    await said('the rules of the file are those in force')
    expect(await metric(provider, 'exhook_rules_reloads_total', 'result="unchanged"')).toBe(1)
  })

  it('without an API key: that EMQX has not loaded them is said, until it has', async () => {
    await serve(rulesOf({ 'fleet/#': 'before' }))
    const on = await load()
    await untilPart('emqx', '1 node with the hooks of the rules')
    expect(await metric(provider, 'exhook_emqx_hooks', 'state="same"')).toBe(1)
    write(rulesOf({ 'fleet/#': 'before' }) + CONNECTED)
    expect(await untilPart('emqx', /client\.connected is not registered.*disable and enable/)).toBe(503)
    expect(await said('EMQX does not call all that the rules need')).toMatchObject({
      node: 'emqx@127.0.0.1',
      hooks: ['client.connected is not registered'],
    })
    expect(await metric(provider, 'exhook_emqx_hooks', 'state="differs"')).toBe(1)
    expect(await metric(provider, 'exhook_emqx_hooks_missing')).toBe(1)
    await on.reload()
    await untilPart('emqx', '1 node with the hooks of the rules')
    expect(await metric(provider, 'exhook_emqx_hooks_missing')).toBe(0)
    const logins = await found('logins')
    await publish('fleet/1')
    await untilFound('logins', logins + 1)
  })

  it('with an API key: EMQX loads them by itself when they change', async () => {
    emqx = createEmqxStandIn({ restApi: API })
    await emqx.start()
    await serve(rulesOf({ 'fleet/#': 'before' }), [`--emqx-api-url=${emqx.restUrl}`], API_ENV)
    const api = createEmqxApi({ url: emqx.restUrl, ...API })
    await api.create({ name: 'exhook_kafka', url: `http://127.0.0.1:${provider.grpcPort}` })
    await untilPart('emqx', '1 node with the hooks of the rules')
    const after = await found('after')
    write(rulesOf({ 'fleet/#': 'before', 'trucks/#': 'after' }))
    await said('EMQX has loaded this server again')
    expect(emqx.hooks).toEqual([{ name: 'message.publish', topics: ['fleet/#', 'trucks/#'] }])
    await untilPart('emqx', '1 node with the hooks of the rules')
    await publish('trucks/1')
    await untilFound('after', after + 1)
  })

  it('with an API key: EMQX loads them by itself when they have changed before the start', async () => {
    await serve(rulesOf({ 'fleet/#': 'before' }))
    const on = await load()
    const { grpcPort } = provider
    await provider.stop()
    const flags = [`--grpc-port=${grpcPort}`, `--emqx-api-url=${on.restUrl}`, '--emqx-provider-name=default']
    await serve(rulesOf({ 'fleet/#': 'before' }) + CONNECTED, flags, API_ENV)
    await said('EMQX has loaded this server again')
    expect(on.hooks.map(({ name }) => name)).toEqual(['client.connected', 'message.publish'])
    expect(await metric(provider, 'exhook_emqx_hooks', 'state="same"')).toBe(1)
    const logins = await found('logins')
    await publish('fleet/1')
    await untilFound('logins', logins + 1)
  })

  it('with wide filters: other filters work without a re-load', async () => {
    await serve(rulesOf({ 'fleet/#': 'before' }), ['--hooks-filters=wide'])
    const on = await load()
    expect(on.hooks).toEqual([{ name: 'message.publish', topics: [] }])
    const after = await found('after')
    write(rulesOf({ 'trucks/#': 'after' }))
    await said('new rules are in force')
    await untilPart('emqx', '1 node with the hooks of the rules')
    await publish('trucks/1')
    await untilFound('after', after + 1)
  })

  it('leave an event alone that waits for Kafka: it ends under the rules that it began with', async () => {
    await serve(rulesOf({ 'fleet/#': 'waited' }, ', reply: delivered'))
    const client = createHookClient({ port: provider.grpcPort, deadlineMs: 60_000 })
    const send = () =>
      client.call('OnMessagePublish', {
        message: {
          id: 'A1',
          qos: 1,
          from: 'truck',
          topic: 'fleet/1',
          payload: Buffer.from('x'),
          headers: {},
        },
      })
    await send()
    kafka.freeze()
    const waiting = send()
    while ((await metric(provider, 'exhook_queue_awaited')) === 0) await sleep(20)
    write(rulesOf({ 'trucks/#': 'after' }))
    await said('new rules are in force')
    expect(await metric(provider, 'exhook_queue_awaited')).toBe(1)
    kafka.thaw()
    expect((await waiting).status).toBe(0)
    expect(await found('waited')).toBe(2)
    client.close()
  })

  it('change under load: no event is lost, and each is matched by the old rules or by the new', async () => {
    const version = (number: number) =>
      `rules:\n${['left', 'right']
        .map(
          (topic) =>
            `  - {hook: message.publish, filter: fleet/#, topic: ${topic}, headers: {v: "${number}"}}\n`,
        )
        .join('')}`
    await serve(version(0))
    devices = await connectDevices((await load()).url, 25)
    devices.run((id) => `fleet/${id}`, 500)
    for (let number = 1; number <= 5; number++) {
      write(version(number))
      while ((await metric(provider, 'exhook_rules_reloads_total', 'result="ok"')) < number) await sleep(20)
      const seen = devices.total()
      while (devices.total() < seen + 200) await sleep(10)
    }
    await devices.halt()
    while ((await ledgerOf(provider)).queued > 0) await sleep(20)
    expect(await ledgerOf(provider)).toMatchObject({ balanced: true, dropped: 0, deadLettered: 0 })

    const records = await consumeAll(kafka.bootstrap, ['left', 'right'])
    const byMessage = Map.groupBy(records, ({ headers }) => headers['emqx-message-id'])
    expect(byMessage.size).toBe(devices.total())
    const versions = new Set<string | undefined>()
    for (const pair of byMessage.values()) {
      expect(pair.map(({ topic }) => topic).sort()).toEqual(['left', 'right'])
      expect(pair[0]?.headers.v).toBe(pair[1]?.headers.v)
      versions.add(pair[0]?.headers.v)
    }
    expect([...versions].sort()).toEqual(['0', '1', '2', '3', '4', '5'])
  })
})
