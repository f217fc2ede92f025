import { readFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { partitionForKey } from '../../src/kafka/murmur2.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'

interface SmartLock {
  readonly mqtt: readonly {
    readonly step: string
    readonly client_id: string
    readonly topic?: string
    readonly filter?: string
    readonly payload?: string
  }[]
  readonly kafka: Readonly<Record<'message_state' | 'message_command', Record<string, unknown>>>
}

const scenario = JSON.parse(
  readFileSync(new URL('../fixtures/smart-lock.json', import.meta.url), 'utf8'),
) as SmartLock
const lockId = '10083618796833171'

describe.each(['v2', 'v3'] as const)('the smart-lock scenario over contract %s', (contract) => {
  let kafka: KafkaServer
  let provider: ProviderProcess
  let emqx: EmqxStandIn

  beforeAll(async () => {
    kafka = await startKafka({ topics: { message_state: 6, message_command: 6, 'exhook.dead-letters': 1 } })
    provider = await startProvider(['--rules=examples/smart-lock.yaml', `--kafka-brokers=${kafka.bootstrap}`])
    emqx = createEmqxStandIn({
      provider: `http://127.0.0.1:${provider.grpcPort}`,
      contract,
      version: contract === 'v2' ? '5.8.9' : '6.0.0',
    })
    await emqx.start()
  })
  afterAll(async () => {
    await emqx?.stop()
    await provider?.stop()
    await kafka?.stop()
  })

  it('asks EMQX for just the hooks and filters of the rules', () => {
    expect(emqx.hooks).toEqual([
      { name: 'message.publish', topics: ['devices/+/state'] },
      { name: 'message.acked', topics: ['devices/+/command'] },
    ])
  })

  it('puts the two records into Kafka, byte for byte in payload', async () => {
    const before = Date.now()
    const lock = await connectAsync(emqx.url, { clientId: lockId })
    for (const step of scenario.mqtt) {
      if (step.step === 'subscribe') await lock.subscribeAsync(step.filter ?? '', { qos: 1 })
      else await lock.publishAsync(step.topic ?? '', step.payload ?? '', { qos: 1 })
    }
    const records = await consumeAll(kafka.bootstrap, ['message_state', 'message_command'], { until: 2 })
    await lock.endAsync()

    for (const [topic, golden] of Object.entries(scenario.kafka)) {
      const found = records.find((one) => one.topic === topic)
      if (found === undefined) throw new Error(`no record in ${topic}`)
      const value = JSON.parse(found.value.toString()) as Record<string, unknown>
      expect({ ...value, ts: 0 }).toEqual({ ...golden, ts: 0 })
      expect(Object.keys(value)).toEqual(Object.keys(golden))
      expect(found.value.toString()).toBe(JSON.stringify({ ...golden, ts: value.ts }))
      expect(value.ts).toBeGreaterThanOrEqual(before)
      expect(value.ts).toBeLessThanOrEqual(Date.now())
      expect(found.key).toBe(lockId)
      expect(found.partition).toBe(partitionForKey(Buffer.from(lockId), 6))
      expect(found.timestampMs).toBeGreaterThanOrEqual(before - 1)
      expect(found.headers['emqx-event']).toBe(
        topic === 'message_state' ? 'message.publish' : 'message.acked',
      )
      expect(found.headers['emqx-message-id']).toMatch(/^[0-9A-F]{32}$/)
    }
  })

  it('leaves an account that balances', async () => {
    expect(await ledgerOf(provider)).toMatchObject({ records: 2, delivered: 2, queued: 0, balanced: true })
    expect(await metric(provider, 'exhook_kafka_up')).toBe(1)
    expect(await metric(provider, 'exhook_reply_seconds_count', 'hook="message.publish"')).toBeGreaterThan(0)
    const readiness = () => fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)
    await expect.poll(async () => (await readiness()).status).toBe(200)
  })
})
