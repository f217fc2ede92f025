import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { type CallLog, createCallLog } from '../support/call-log.ts'
import { compare } from '../support/compare.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - hook: message.publish
    filter: paid/#
    topic: paid
    reply: delivered
    on_timeout: reject
  - hook: message.publish
    filter: fleet/#
    topic: fleet
    reply: delivered
`,
)

describe('replies that wait for Kafka', () => {
  let kafka: KafkaServer
  let provider: ProviderProcess
  let emqx: EmqxStandIn
  let devices: Devices | undefined
  let log: CallLog

  async function begin(flags: readonly string[] = [], requestTimeoutMs = 5000): Promise<void> {
    log = createCallLog()
    provider = await startProvider([`--rules=${RULES}`, `--kafka-brokers=${kafka.bootstrap}`, ...flags])
    emqx = createEmqxStandIn(
      { provider: `http://127.0.0.1:${provider.grpcPort}`, requestTimeoutMs },
      { onHookCall: log.note },
    )
    await emqx.start()
    while ((await metric(provider, 'exhook_kafka_up')) !== 1) await sleep(50)
  }

  beforeAll(async () => {
    kafka = await startKafka({ topics: { paid: 3, fleet: 6 } })
  })
  afterEach(async () => {
    await devices?.end()
    devices = undefined
    await emqx?.stop()
    provider?.signal('SIGKILL')
    await provider?.ended
  })
  afterAll(() => kafka?.stop())

  it('every answered call is in Kafka when the provider is killed under load', async () => {
    await begin()
    devices = await connectDevices(emqx.url, 50)
    devices.run((id) => `fleet/${id}`, 500)
    await sleep(2000)
    expect(await metric(provider, 'exhook_replies_total', 'outcome="delivered"')).toBeGreaterThan(500)
    provider.signal('SIGKILL')
    await provider.ended
    await devices.halt()
    expect(log.answered().length).toBeGreaterThan(500)
    expect(compare(await consumeAll(kafka.bootstrap, ['fleet']), log.calls).missing).toEqual([])
  })

  it('nobody receives a message that Kafka does not have in time, and everybody does when Kafka is back', async () => {
    await begin([], 2000)
    const subscriber = await connectAsync(emqx.url, { clientId: 'subscriber' })
    const received: string[] = []
    subscriber.on('message', (_topic, payload) => received.push(payload.toString()))
    await subscriber.subscribeAsync('paid/#', { qos: 1 })
    const payer = await connectAsync(emqx.url, { clientId: 'payer' })
    const pay = (what: string) => payer.publishAsync('paid/1', what, { qos: 1 })

    await pay('before')
    await kafka.kill()
    const start = performance.now()
    await pay('during')
    expect(performance.now() - start).toBeLessThan(2000)
    await kafka.restart()
    while ((await metric(provider, 'exhook_kafka_up')) !== 1) await sleep(50)
    await pay('after')
    await sleep(200)
    expect(received).toEqual(['before', 'after'])
    expect(emqx.counters.rejected).toBe(1)

    const ledger = await ledgerOf(provider)
    expect(ledger).toMatchObject({ balanced: true, records: 3, queued: 0 })
    const sent = await metric(provider, 'exhook_records_rejected_but_sent_total')
    const withdrawn = await metric(provider, 'exhook_records_dropped_total', 'reason="rejected"')
    expect(sent + withdrawn).toBe(1)
    expect(await consumeAll(kafka.bootstrap, ['paid'])).toHaveLength(2 + sent)
    await Promise.all([subscriber.endAsync(true), payer.endAsync(true)])
  })
})
