import type { Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConsumedRecord, ConsumeTimeoutError, consumeAll, followTopics } from './consume.ts'
import { type KafkaServer, startKafka } from './kafka-server.ts'
import { answers, quietKafka } from './topics.ts'

describe('a real Kafka', () => {
  let kafka: KafkaServer
  const opened: Producer[] = []

  beforeAll(async () => {
    kafka = await startKafka({ topics: { crash: 1, frozen: 1 } })
  }, 300_000)

  afterAll(async () => {
    await Promise.all(opened.map((producer) => producer.disconnect()))
    await kafka?.stop()
  })

  async function producer(): Promise<Producer> {
    const created = quietKafka(kafka.bootstrap).producer({ allowAutoTopicCreation: false })
    await created.connect()
    opened.push(created)
    return created
  }

  test('gives back every part of what was produced', async () => {
    await kafka.createTopic('parts', 3)
    const keyed = {
      ...{ key: 'k', value: 'a value', partition: 2, timestamp: '1574753026269' },
      headers: { 'emqx-event': 'message.publish' },
    }
    // One partition a call: kafkajs sends all of a call again when one of its partitions has no leader yet, and that one
    // which had is then there twice.
    for (const message of [keyed, { key: null, value: 'no key', partition: 0 }])
      await (await producer()).send({ topic: 'parts', messages: [message] })
    const records = await consumeAll(kafka.bootstrap, ['parts'])
    expect(records.find((record) => record.key === 'k')).toEqual({
      topic: 'parts',
      partition: 2,
      offset: 0,
      key: 'k',
      value: Buffer.from('a value'),
      headers: { 'emqx-event': 'message.publish' },
      timestampMs: 1_574_753_026_269,
    })
    expect(records).toHaveLength(2)
  })

  test('reads nothing from an empty topic and says so when more is wanted', async () => {
    await kafka.createTopic('empty', 2)
    expect(await consumeAll(kafka.bootstrap, ['empty'])).toEqual([])
    const wait = consumeAll(kafka.bootstrap, ['empty'], { until: 1, timeoutMs: 800 })
    await expect(wait).rejects.toThrow(new ConsumeTimeoutError('0 of 1 records of empty within 800 ms', []))
  })

  test('knows no topic that nobody created', async () => {
    await expect(
      (await producer()).send({ topic: 'nobody-made-me', messages: [{ value: 'x' }] }),
    ).rejects.toThrow(/does not host this topic-partition/)
  })

  test('keeps its data and port through SIGKILL and restart', async () => {
    const before = await producer()
    await before.send({ topic: 'crash', acks: -1, messages: [{ value: 'before' }] })
    const seen: ConsumedRecord[] = []
    const follower = await followTopics(kafka.bootstrap, ['crash'], (record) => seen.push(record))

    await kafka.kill()
    expect(kafka.pid).toBeUndefined()
    expect(await answers(kafka.bootstrap)).toBe(false)
    await kafka.restart()

    await (await producer()).send({ topic: 'crash', acks: -1, messages: [{ value: 'after' }] })
    const records = await consumeAll(kafka.bootstrap, ['crash'], { until: 2 })
    expect(records.map((record) => String(record.value))).toEqual(['before', 'after'])
    await expect
      .poll(() => seen.map((record) => String(record.value)), { timeout: 20_000 })
      .toEqual(['before', 'after'])
    await follower.stop()
  }, 60_000)

  test('holds its answer while frozen and gives it when thawed', async () => {
    const sender = await producer()
    await sender.send({ topic: 'frozen', messages: [{ value: 'warm' }] })
    kafka.freeze()
    // A thread that runs on another core stops a moment later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    let settled = false
    const sent = sender.send({ topic: 'frozen', messages: [{ value: 'held' }] }).finally(() => {
      settled = true
    })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const early = settled
    kafka.thaw()
    await sent
    expect(early).toBe(false)
    expect(await consumeAll(kafka.bootstrap, ['frozen'])).toHaveLength(2)
  })

  test('forgets a topic that was deleted', async () => {
    await kafka.createTopic('short-lived')
    await kafka.deleteTopic('short-lived')
    await kafka.createTopic('short-lived')
    expect(await consumeAll(kafka.bootstrap, ['short-lived'])).toEqual([])
  })
})
