import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDeadLetter } from '../../src/delivery/dead-letter.ts'
import { createHookClient, type HookClient } from '../support/hook-client.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - {hook: message.publish, filter: small/#, topic: small, name: the small ones}
  - {hook: message.publish, filter: nowhere/#, topic: nowhere}
`,
)

describe('dead letters in a real Kafka', () => {
  let kafka: KafkaServer
  let provider: ProviderProcess
  let client: HookClient

  beforeAll(async () => {
    kafka = await startKafka({ topics: { 'exhook.dead-letters': 1 } })
    await kafka.createTopic('small', 3, { 'max.message.bytes': 2000 })
    provider = await startProvider([
      `--rules=${RULES}`,
      `--kafka-brokers=${kafka.bootstrap}`,
      '--kafka-topic-error-ttl-ms=1000',
    ])
    client = createHookClient({ port: provider.grpcPort })
  })
  afterAll(async () => {
    client?.close()
    await provider?.stop()
    await kafka?.stop()
  })

  const publish = (topic: string, payload: Buffer) =>
    client.call('OnMessagePublish', {
      message: { id: 'A1', qos: 1, from: 'lock-1', topic, payload, timestamp: Date.now(), headers: {} },
    })

  it('hold what was too large, cut when it is too large for them as well, and what had no topic', async () => {
    const sizes = [10, 5000, 20, 900_000, 30]
    await Promise.all(sizes.map((size) => publish('small/1', Buffer.alloc(size, 'x'))))
    await publish('nowhere/1', Buffer.from('lost?'))
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)

    expect(await ledgerOf(provider)).toMatchObject({
      records: 6,
      delivered: 3,
      deadLettered: 3,
      dropped: 0,
      balanced: true,
    })
    expect(await consumeAll(kafka.bootstrap, ['small'])).toHaveLength(3)
    const letters = await consumeAll(kafka.bootstrap, ['exhook.dead-letters'])
    const told = letters.map((one) => ({
      ...readDeadLetter(one.headers),
      key: one.key,
      bytes: one.value.length,
    }))
    expect(told.toSorted((a, b) => a.bytes - b.bytes)).toEqual([
      expect.objectContaining({
        originalTopic: 'nowhere',
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        kind: 'topic',
        key: 'lock-1',
      }),
      expect.objectContaining({
        originalTopic: 'small',
        rule: 'the small ones',
        code: 'MESSAGE_TOO_LARGE',
        kind: 'record',
        key: 'lock-1',
        cutFromBytes: null,
        headers: { 'emqx-event': 'message.publish', 'emqx-message-id': 'A1' },
      }),
      expect.objectContaining({
        originalTopic: 'small',
        bytes: 512 * 1024,
        cutFromBytes: expect.any(Number),
      }),
    ])
    expect(provider.lines.find(({ code }) => code === 'MESSAGE_TOO_LARGE')).toMatchObject({
      msg: 'refused records go to the dead-letter topic',
      error: expect.stringMatching(/larger/),
    })
    expect(await provider.stop()).toBe(0)
    expect(provider.lines.at(-1)).toMatchObject({
      ...{ delivered: 3, deadLettered: 3, dropped: 0 },
      msg: 'stopped: nothing is left in the queue',
    })
  })
})
