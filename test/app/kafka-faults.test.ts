import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn, type HookCall } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - hook: message.publish
    filter: fleet/+/state
    topic: fleet
  - hook: message.publish
    filter: [bad/+/state, both/+/state]
    topic: not_there
  - hook: message.publish
    filter: both/+/state
    topic: fleet
`,
)

describe('with a real Kafka that fails', () => {
  let kafka: KafkaServer
  let provider: ProviderProcess
  let emqx: EmqxStandIn & { readonly calls: readonly HookCall[] }
  let devices: Devices

  async function begin(flags: readonly string[], count: number): Promise<void> {
    provider = await startProvider([`--rules=${RULES}`, `--kafka-brokers=${kafka.bootstrap}`, ...flags])
    const calls: HookCall[] = []
    const standIn = createEmqxStandIn(
      { provider: `http://127.0.0.1:${provider.grpcPort}` },
      { onHookCall: (call) => void calls.push(call) },
    )
    emqx = Object.assign(standIn, { calls })
    await emqx.start()
    devices = await connectDevices(emqx.url, count)
  }

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterEach(async () => {
    await devices?.end()
    await emqx?.stop()
    await provider?.stop()
  })
  afterAll(() => kafka?.stop())

  /** Every acknowledged message is in Kafka, once, on one partition a device, in order. */
  async function expectAllThere(topic: string): Promise<void> {
    const found = await consumeAll(kafka.bootstrap, [topic])
    const numbers = new Map<string, number[]>()
    const partitions = new Map<string, Set<number>>()
    for (const record of found) {
      const { payload } = JSON.parse(record.value.toString()) as { readonly payload: string }
      const key = record.key ?? ''
      numbers.set(key, [...(numbers.get(key) ?? []), Number(Buffer.from(payload, 'base64').toString())])
      partitions.set(key, (partitions.get(key) ?? new Set()).add(record.partition))
    }
    for (const [id, acknowledged] of devices.acknowledged) {
      expect(numbers.get(id)).toEqual(acknowledged)
      expect(partitions.get(id)?.size).toBe(1)
    }
  }

  it('loses and reorders nothing when the broker is killed and restarted under load', async () => {
    await kafka.createTopic('fleet', 6)
    await begin([], 50)
    devices.run((id) => `fleet/${id}/state`, 500)
    await sleep(1500)
    await kafka.kill()
    await sleep(4000)
    expect((await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).status).toBe(503)
    expect((await fetch(`http://127.0.0.1:${provider.httpPort}/healthz`)).status).toBe(200)
    await kafka.restart()
    await sleep(2500)
    await devices.halt()
    expect(devices.total()).toBeGreaterThan(2000)
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)

    await expectAllThere('fleet')
    const ledger = await ledgerOf(provider)
    expect(ledger).toMatchObject({ balanced: true, dropped: 0, records: devices.total() })
    expect(await metric(provider, 'exhook_kafka_producer_renewals_total')).toBe(0)
    expect(emqx.counters.failed + emqx.counters.timedOut).toBe(0)
    const messages = provider.lines.map((line) => line.msg)
    expect(messages.filter((msg) => msg === 'Kafka is back')).toHaveLength(1)
    expect(messages.filter((msg) => msg.startsWith('Kafka cannot be reached'))).toHaveLength(1)
    await kafka.deleteTopic('fleet')
  })

  it('holds no device up whose topic has room when another waits for a topic that has none', async () => {
    await kafka.createTopic('fleet', 6)
    await begin(['--queue-max-records=100'], 10)
    const both = (id: string) => id === 'device-0' || id === 'device-1'
    devices.run((id) => (both(id) ? `both/${id}/state` : `fleet/${id}/state`), 200)
    await sleep(6000)
    await devices.halt()
    const slowest = Math.max(...emqx.calls.filter((call) => !both(call.clientid)).map((call) => call.ms))
    expect(slowest).toBeLessThan(1000)
    const good = [...devices.acknowledged].filter(([id]) => !both(id))
    const found = await consumeAll(kafka.bootstrap, ['fleet'])
    for (const [id, numbers] of good)
      expect(found.filter((one) => one.key === id)).toHaveLength(numbers.length)
    expect(await metric(provider, 'exhook_lane_breaker_open', 'topic="fleet"')).toBe(0)
    expect((await ledgerOf(provider)).balanced).toBe(true)
    await kafka.deleteTopic('fleet')
  })

  it('keeps a topic that is not there from harming the others, also past the bound of the queue', async () => {
    await kafka.createTopic('fleet', 6)
    await begin(['--queue-max-records=2000', '--reply-margin-ms=4900'], 40)
    // Twenty devices each: the bad topic may hold a tenth of the queue, which is full within a second or two.
    const bad = (id: string) => Number(id.slice('device-'.length)) % 2 === 0
    devices.run((id) => (bad(id) ? `bad/${id}/state` : `fleet/${id}/state`), 1000)
    await sleep(5000)
    await devices.halt()
    while ((await metric(provider, 'exhook_lane_records', 'topic="fleet"')) > 0) await sleep(50)

    const during = await ledgerOf(provider)
    expect(during.balanced).toBe(true)
    expect(during.dropped).toBeGreaterThan(0)
    expect(await metric(provider, 'exhook_lane_quarantined', 'topic="not_there"')).toBe(1)
    expect(during.queued).toBeLessThanOrEqual(1000)
    const fleet = [...devices.acknowledged].filter(([id]) => !bad(id))
    const sent = fleet.reduce((sum, [, numbers]) => sum + numbers.length, 0)
    expect(await consumeAll(kafka.bootstrap, ['fleet'])).toHaveLength(sent)
    expect(during.delivered).toBe(sent)
    expect(await (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).text()).toContain(
      '"not_there" is refused',
    )

    await kafka.createTopic('not_there', 2)
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)
    const after = await ledgerOf(provider)
    expect(after).toMatchObject({ balanced: true, dropped: during.dropped, records: devices.total() })
    expect(await consumeAll(kafka.bootstrap, ['not_there'])).toHaveLength(after.delivered - sent)
  })
})
