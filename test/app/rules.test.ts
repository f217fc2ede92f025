import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readDeadLetter } from '../../src/delivery/dead-letter.ts'
import { createHookClient, type HookClient } from '../support/hook-client.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'

let kafka: KafkaServer
let provider: ProviderProcess
let client: HookClient

beforeAll(async () => {
  kafka = await startKafka({
    topics: {
      'exhook.dead-letters': 1,
      'fleet.car': 2,
      'fleet.bus-1': 1,
      'fleet.alarms': 1,
      'fleet.audit': 1,
    },
  })
  provider = await startProvider([
    '--rules=examples/devices-choose.yaml',
    `--kafka-brokers=${kafka.bootstrap}`,
    // Two fixed topics, and room for one that devices choose.
    '--kafka-max-topics=3',
  ])
  client = createHookClient({ port: provider.grpcPort })
})
afterAll(async () => {
  client?.close()
  await provider?.stop()
  await kafka?.stop()
})

const publish = (topic: string, payload: string) =>
  client.call('OnMessagePublish', {
    message: {
      id: 'A1',
      qos: 1,
      from: 'c1',
      topic,
      payload: Buffer.from(payload),
      timestamp: Date.now(),
      headers: {},
    },
  })

it('goes where devices choose within what is allowed, and the account balances', async () => {
  for (const kind of ['"car"', '"bus-1"', '"billing"', '"__consumer_offsets"', 'null', '"a/b"', '"car"'])
    await publish('vehicles/7/position', `{"kind":${kind}}`)
  await publish('vehicles/7/state', '{"fuel":9.5}')
  await publish('vehicles/7/state', '{"fuel":90}')
  await publish('vehicles/7/state', '{"fuel":"empty"}')
  const subscriber = { clientid: 'c2', node: 'n1' }
  await client.call('OnSessionSubscribed', {
    clientinfo: subscriber,
    topic: '$share/g/#',
    subopts: { qos: 1 },
  })
  await client.call('OnSessionSubscribed', { clientinfo: subscriber, topic: 'rooms/#', subopts: { qos: 1 } })
  while ((await ledgerOf(provider)).queued > 0) await sleep(50)

  expect(await ledgerOf(provider)).toMatchObject({
    records: 9,
    delivered: 4,
    deadLettered: 5,
    dropped: 0,
    balanced: true,
  })
  expect(await consumeAll(kafka.bootstrap, ['fleet.car'])).toMatchObject([
    { key: '7', value: Buffer.from('{"kind":"car"}') },
    { headers: { 'content-type': 'application/json', 'emqx-topic': 'vehicles/7/position' } },
  ])
  expect(await consumeAll(kafka.bootstrap, ['fleet.alarms'])).toMatchObject([
    { headers: { ce_type: 'io.emqx.message.publish', ce_subject: 'vehicles/7/state' } },
  ])
  const [listener] = await consumeAll(kafka.bootstrap, ['fleet.audit'])
  expect(JSON.parse(String(listener?.value))).toMatchObject({
    event: 'session.subscribed',
    topic: '$share/g/#',
  })
  const letters = await consumeAll(kafka.bootstrap, ['exhook.dead-letters'])
  expect(
    letters.map(({ headers }) => readDeadLetter(headers)).map((was) => [was?.code, was?.originalTopic]),
  ).toEqual([
    ['TOO_MANY_TOPICS', 'fleet.bus-1'],
    ['TOPIC_NOT_ALLOWED', 'fleet.billing'],
    ['TOPIC_NOT_ALLOWED', 'fleet.__consumer_offsets'],
    ['TOPIC_MISSING_FIELD', 'fleet.${payload.kind}'],
    ['TOPIC_ILLEGAL', 'fleet.a/b'],
  ])
  expect(await metric(provider, 'exhook_rule_errors_total', 'code="CONDITION_FAILED"')).toBe(1)
  expect(await metric(provider, 'exhook_rule_errors_total', 'code="TOPIC_NOT_ALLOWED"')).toBe(2)
  const told = provider.lines.filter(({ rule }) => rule === 'by kind').map(({ code }) => code)
  expect(told.sort()).toEqual([
    'TOO_MANY_TOPICS',
    'TOPIC_ILLEGAL',
    'TOPIC_MISSING_FIELD',
    'TOPIC_NOT_ALLOWED',
  ])
})
