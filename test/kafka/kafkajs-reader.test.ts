import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKafkaJsReader } from '../../src/kafka/kafkajs-reader.ts'
import {
  GROUP_HAS_MEMBERS,
  type ReadRecord,
  type ReadRequest,
  type RecordReader,
} from '../../src/kafka/record-reader.ts'
import { clientConfig } from '../support/kafka/client-config.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { quietKafka, withAdmin } from '../support/kafka/topics.ts'
import { quietLog } from '../support/quiet-log.ts'

let kafka: KafkaServer
const readers: RecordReader[] = []

beforeAll(async () => {
  kafka = await startKafka({ properties: { 'log.cleaner.backoff.ms': 100 } })
})
afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.stop()))
  await kafka?.stop()
})

function reader(): RecordReader {
  const made = createKafkaJsReader(clientConfig(kafka.bootstrap), { log: quietLog })
  readers.push(made)
  return made
}

interface Sent {
  readonly key?: string
  readonly value: string | null
  readonly partition?: number
}

async function produce(
  topic: string,
  messages: readonly Sent[],
  compression = CompressionTypes.None,
): Promise<void> {
  const producer = quietKafka(kafka.bootstrap).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  await producer.send({ topic, messages: [...messages], compression })
  await producer.disconnect()
}

async function readAll(topic: string, more: Partial<ReadRequest> = {}, by = reader()): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  const signal = AbortSignal.timeout(20_000)
  for await (const batch of by.read({ topic, from: 'earliest', toEnd: true, signal, ...more }))
    records.push(...batch.records)
  expect(signal.aborted, 'ended by itself').toBe(false)
  return records
}

/** Deletes the records before an offset, as retention does; -1: all. */
function deleteBefore(topic: string, offset: string): Promise<void> {
  return withAdmin(quietKafka(kafka.bootstrap), async (admin) => {
    await admin.fetchTopicOffsets(topic) // else kafkajs does not know where the partitions are
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] })
  })
}

const values = (records: readonly ReadRecord[]) => records.map(({ value }) => String(value))
const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ value: String(from + i) }))

describe('reading to the present end', () => {
  it('ends at once where there is nothing', async () => {
    await kafka.createTopic('empty', 3)
    expect(await readAll('empty')).toEqual([])
    expect(await readAll('empty', { from: 'latest' })).toEqual([])
  })

  it.each(['None', 'GZIP', 'ZSTD'] as const)('gives all of every partition in order (%s)', async (codec) => {
    const topic = `full_${codec}`
    await kafka.createTopic(topic, 3)
    for (const partition of [0, 1, 2]) {
      await produce(
        topic,
        numbers(500).map((one) => ({ ...one, partition })),
        CompressionTypes[codec],
      )
    }
    const records = await readAll(topic)
    for (const partition of [0, 1, 2]) {
      const own = records.filter((record) => record.partition === partition)
      expect(values(own)).toEqual(numbers(500).map(({ value }) => value))
      expect(own.map(({ offset }) => offset)).toEqual(own.map((_, i) => i))
    }
  })

  it('gives keys, tombstones, headers and times as they are', async () => {
    await kafka.createTopic('parts')
    const producer = quietKafka(kafka.bootstrap).producer()
    await producer.connect()
    const headers = { one: 'a', two: Buffer.from([0xff]) }
    await producer.send({
      topic: 'parts',
      messages: [{ key: null, value: null, headers, timestamp: '1700000000000' }],
    })
    await producer.disconnect()
    expect(await readAll('parts')).toEqual([
      {
        topic: 'parts',
        partition: 0,
        offset: 0,
        timestampMs: 1700000000000,
        key: null,
        value: null,
        headers: { one: [Buffer.from('a')], two: [Buffer.from([0xff])] },
      },
    ])
  })

  it('gives records larger than a fetch', async () => {
    await kafka.createTopic('large', 2, { 'max.message.bytes': 8_000_000 })
    const large = 'x'.repeat(3_000_000)
    for (let i = 0; i < 6; i++) await produce('large', [{ value: `${i}${large}`, partition: i % 2 }])
    expect((await readAll('large')).map(({ value }) => value?.length)).toEqual(Array(6).fill(3_000_001))
  })

  it('begins after what was deleted', async () => {
    await kafka.createTopic('deleted')
    await produce('deleted', numbers(10))
    await deleteBefore('deleted', '4')
    expect(values(await readAll('deleted'))).toEqual(['4', '5', '6', '7', '8', '9'])
    await deleteBefore('deleted', '-1')
    expect(await readAll('deleted')).toEqual([])
  })

  it('shows no aborted transaction, and ends behind one', async () => {
    await kafka.createTopic('transactions')
    const producer = quietKafka(kafka.bootstrap).producer({
      transactionalId: 't',
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const good = await producer.transaction()
    await good.send({ topic: 'transactions', messages: [{ value: 'good' }] })
    await good.commit()
    const bad = await producer.transaction()
    await bad.send({ topic: 'transactions', messages: [{ value: 'bad' }] })
    await bad.abort()
    expect(values(await readAll('transactions'))).toEqual(['good'])

    const open = await producer.transaction()
    await open.send({ topic: 'transactions', messages: [{ value: 'open' }] })
    expect(values(await readAll('transactions'))).toEqual(['good'])
    await open.abort()
    await producer.disconnect()
  })

  it('steps over the gaps that compaction leaves', async () => {
    await kafka.createTopic('compacted', 1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': 0.001,
      'segment.ms': 50,
      'min.compaction.lag.ms': 0,
    })
    // Each producer leaves its last batch behind, and of that nothing but the frame.
    for (let round = 0; round < 5; round++) {
      const producer = quietKafka(kafka.bootstrap).producer({ idempotent: true })
      await producer.connect()
      for (let i = 0; i < 4; i++) {
        await producer.send({ topic: 'compacted', messages: [{ key: 'k', value: `${round}.${i}` }] })
        await sleep(60)
      }
      await producer.disconnect()
    }
    await expect
      .poll(async () => (await readAll('compacted')).length, { timeout: 20_000, interval: 300 })
      .toBeLessThan(4)
    expect(values(await readAll('compacted')).at(-1)).toBe('4.3')
  })
})

describe('following', () => {
  it('gives what comes, of partitions that are added too, and ends by the signal', async () => {
    await kafka.createTopic('follow', 1)
    await produce('follow', [{ value: 'before' }])
    const ending = new AbortController()
    const started = Promise.withResolvers<void>()
    const found: string[] = []
    const following = (async () => {
      const request = { topic: 'follow', from: 'latest', toEnd: false } as const
      for await (const { records } of reader().read({
        ...request,
        signal: ending.signal,
        onStart: started.resolve,
      })) {
        found.push(...values(records))
      }
    })()
    await started.promise
    await produce('follow', [{ value: 'one' }])
    await expect.poll(() => found).toEqual(['one'])
    await kafka.restart()
    await produce('follow', [{ value: 'two' }])
    await expect.poll(() => found, { timeout: 20_000 }).toEqual(['one', 'two'])
    ending.abort()
    await following
  })
})

describe('with a group', () => {
  it('goes on where the group was committed, which nobody had to join', async () => {
    await kafka.createTopic('grouped', 2)
    await produce(
      'grouped',
      numbers(5).map((one) => ({ ...one, partition: 0 })),
    )
    await produce(
      'grouped',
      numbers(5).map((one) => ({ ...one, partition: 1 })),
    )
    const by = reader()
    expect(await readAll('grouped', { group: 'g' }, by)).toHaveLength(10)
    await by.commit('g', 'grouped', 0, 3)
    const rest = await readAll('grouped', { group: 'g' }, by)
    expect(values(rest.filter(({ partition }) => partition === 0))).toEqual(['3', '4'])
    expect(rest).toHaveLength(7)
    await by.commit('h', 'grouped', 1, 5)
    expect(await readAll('grouped', { group: 'g', alsoPassedBy: ['h'] }, by)).toHaveLength(2)
  })

  it('keeps its beginning at the end of the topic for the next time', async () => {
    await kafka.createTopic('latest', 1)
    await produce('latest', numbers(3))
    expect(await readAll('latest', { group: 'l', from: 'latest' })).toEqual([])
    await produce('latest', numbers(2, 3))
    expect(values(await readAll('latest', { group: 'l', from: 'latest' }))).toEqual(['3', '4'])
  })

  it('begins anew in a topic that was made anew', async () => {
    await kafka.createTopic('anew', 1)
    await produce('anew', numbers(5))
    const by = reader()
    await by.commit('a', 'anew', 0, 5)
    await by.stop()
    await kafka.deleteTopic('anew')
    await kafka.createTopic('anew', 1)
    await produce('anew', numbers(2))
    expect(await readAll('anew', { group: 'a' })).toHaveLength(2)
  })

  it('refuses a group that has members', async () => {
    await kafka.createTopic('taken', 1)
    const consumer = quietKafka(kafka.bootstrap).consumer({ groupId: 'members' })
    await consumer.connect()
    await consumer.subscribe({ topics: ['taken'] })
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
    await consumer.run({ eachMessage: async () => {} })
    await joined
    await expect(readAll('taken', { group: 'members' })).rejects.toMatchObject({
      failure: { code: GROUP_HAS_MEMBERS },
    })
    await expect(reader().commit('members', 'taken', 0, 1)).rejects.toMatchObject({
      failure: { code: 'UNKNOWN_MEMBER_ID' },
    })
    await consumer.disconnect()
  })

  it('leaves no group behind when there is none', async () => {
    await kafka.createTopic('alone', 1)
    const groups = () =>
      withAdmin(quietKafka(kafka.bootstrap), async (admin) =>
        (await admin.listGroups()).groups.map(({ groupId }) => groupId),
      )
    const before = await groups()
    await readAll('alone')
    expect(await groups()).toEqual(before)
  })
})

it('says what is wrong with the topic or the cluster', async () => {
  await expect(readAll('nowhere')).rejects.toMatchObject({ failure: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } })
  await kafka.kill()
  await expect(readAll('empty')).rejects.toMatchObject({ failure: { kind: 'connection' } })
  await kafka.restart()
})
