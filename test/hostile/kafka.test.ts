import { afterAll, beforeAll, expect, it } from 'vitest'
import { readDeadLetter } from '../../src/delivery/dead-letter.ts'
import { createHookClient, type HookClient } from '../support/hook-client.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'
import { REQUESTS } from './corpus.ts'
import { HOSTILE_RULES } from './hostile-rules.ts'

const DEAD = 'exhook.dead-letters'
const FIXED = ['bridge', 'emqx', 'cloudevents', 'protobuf', 'payload', 'looks']
const ODD = 'a\0b\r\nX-Injected: 1\u001b[2J\u2028${payload.x}{{7*7}}\ud83d'.toWellFormed()

let kafka: KafkaServer
let provider: ProviderProcess
let client: HookClient
beforeAll(async () => {
  kafka = await startKafka({
    topics: Object.fromEntries([DEAD, ...FIXED, 'dev.d1'].map((topic) => [topic, 1])),
  })
  provider = await startProvider([
    `--rules=${temporaryFile('rules.yaml', HOSTILE_RULES)}`,
    `--kafka-brokers=${kafka.bootstrap}`,
    '--kafka-topic-error-ttl-ms=1000',
    '--kafka-max-topics=20',
    '--grpc-max-receive-bytes=16MiB',
  ])
  client = createHookClient({ port: provider.grpcPort })
})
afterAll(async () => {
  client?.close()
  await provider?.stop()
  await kafka?.stop()
})

const publish = (topic: string, payload: Buffer | string, more: object = {}) =>
  client.call('OnMessagePublish', {
    message: {
      id: 'A1',
      qos: 0,
      from: 'd1',
      topic,
      payload: Buffer.from(payload),
      timestamp: Date.now(),
      ...more,
    },
  })

it('what devices send of the worst arrives well-formed in a real Kafka, or is counted', async () => {
  const answers = [
    ...REQUESTS.map(({ rpc, version, body }) =>
      client.call(rpc as 'OnMessagePublish', Buffer.from(body, 'base64'), { version }),
    ),
    ...['__consumer_offsets', DEAD, '..', 'a'.repeat(300), ODD, 'D1', 'd1'].map((name) =>
      publish(`x/${name}`, '{}'),
    ),
    ...Array.from({ length: 100 }, (_, i) => publish(`x/new-${i}`, '{}')),
    publish(`x/${ODD}`, ODD, { from: ODD, id: ODD, node: ODD, headers: { username: ODD, [ODD]: ODD } }),
    publish('x/d1', Buffer.alloc(700_000, 1)),
    publish('x/d1', Buffer.alloc(10_000_000, 0xff)),
    publish('x/d1', ''),
    publish('/'.repeat(65_535), '{"__proto__":{"x":1}}'),
  ]
  const statuses = new Set((await Promise.all(answers)).map(({ status }) => status))
  expect([...statuses].filter((status) => status !== 0 && status !== 3)).toEqual([])

  await expect.poll(async () => (await ledgerOf(provider)).queued, { timeout: 25_000, interval: 200 }).toBe(0)
  const ledger = await ledgerOf(provider)
  expect(ledger).toMatchObject({ balanced: true, calls: answers.length })
  // All records of the 10 MB are more than 64 MiB; two of the 0.7 MB are too large for the dead letters, too, by a header.
  const dropped = (reason: string) => metric(provider, 'exhook_records_dropped_total', `reason="${reason}"`)
  const [tooLarge, undead] = [await dropped('larger_than_queue'), await dropped('dead_letters_failed')]
  expect([ledger.dropped, tooLarge, undead]).toEqual([7, 5, 2])
  expect(ledger.refused).toBeLessThan(REQUESTS.length)
  expect(await metric(provider, 'exhook_lane_records')).toBe(0)

  const records = await consumeAll(kafka.bootstrap, [...FIXED, 'dev.d1', DEAD])
  expect(records).toHaveLength(ledger.delivered + ledger.deadLettered)
  for (const { topic, value, headers } of records) {
    expect(headers['emqx-event']).toMatch(/^[a-z]+\.[a-z]+$/)
    if (topic === 'bridge' || topic === 'emqx') JSON.parse(value.toString())
    if (topic === DEAD) expect(readDeadLetter(headers)).not.toBeNull()
  }
  const letters = records.flatMap(({ topic, headers }) =>
    topic === DEAD ? [readDeadLetter(headers)?.code] : [],
  )
  expect(new Set(letters)).toEqual(
    new Set([
      'TOPIC_ILLEGAL',
      'TOPIC_MISSING_FIELD',
      'TOO_MANY_TOPICS',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TIMESTAMP',
    ]),
  )
  expect(records.some(({ topic, key }) => topic === 'bridge' && key === ODD)).toBe(true)
  expect(provider.lines.filter(({ level }) => level >= 60)).toEqual([])
  expect(provider.stderr()).toBe('')
  expect(JSON.stringify(provider.lines)).not.toContain('X-Injected')
})
