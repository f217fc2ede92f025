import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withBroker } from '../../src/kafka/kafkajs-direct.ts'
import { createKafkaJsTopicInspector } from '../../src/kafka/kafkajs-topic-inspector.ts'
import { METADATA_VERSIONS, metadataRequest } from '../../src/kafka/metadata-request.ts'
import type { TopicInspector, TopicReport, TopicSpec } from '../../src/kafka/topic-inspector.ts'
import { allow } from '../support/kafka/acls.ts'
import { clientConfig } from '../support/kafka/client-config.ts'
import { startGuardedKafka } from '../support/kafka/guarded-kafka.ts'
import type { KafkaServer } from '../support/kafka/kafka-server.ts'
import { quietKafka, withAdmin } from '../support/kafka/topics.ts'
import { quietLog } from '../support/quiet-log.ts'

const PLAIN_SPEC: TopicSpec = { partitions: null, replication: null, config: [] }

describe('looking at topics, and making them, on a Kafka with ACLs', () => {
  let kafka: KafkaServer
  let guarded: string
  /** Sees what the ACLs of `User:writer` let it see. */
  let writer: TopicInspector
  /** May do everything. */
  let admin: TopicInspector

  function inspector(password: string): TopicInspector {
    const sasl = { mechanism: 'plain', username: 'writer', password } as const
    return createKafkaJsTopicInspector({ ...clientConfig(guarded), sasl }, quietLog)
  }

  async function look(by: TopicInspector, topic: string): Promise<TopicReport | undefined> {
    const { reports, failure } = await by.inspect([topic])
    expect(failure).toBeNull()
    expect(reports).toHaveLength(1)
    return reports[0]
  }

  /** What was made or granted a moment ago reaches the broker from the controller's log. */
  async function until(topic: string, by: TopicInspector, seen: (report: TopicReport) => boolean) {
    for (;;) {
      const report = await look(by, topic)
      if (report !== undefined && seen(report)) return report
      await sleep(20)
    }
  }

  beforeAll(async () => {
    ;({ kafka, guarded } = await startGuardedKafka({
      users: { writer: 'right' },
      topics: { open: 6, blind: 2, readable: 3, hidden: 1 },
      // The trap: a broker that makes every topic that a client merely asks for.
      properties: { 'auto.create.topics.enable': true, 'num.partitions': 4 },
    }))
    await kafka.createTopic('limited', 1, { 'max.message.bytes': 2000 })
    const grant = (topic: string, ...operations: Parameters<typeof allow>[3]) =>
      allow(kafka.bootstrap, 'User:writer', topic, operations)
    await grant('open', 'Write', 'DescribeConfigs')
    await grant('limited', 'Write', 'DescribeConfigs')
    await grant('readable', 'Describe')
    await grant('absent', 'Describe', 'Write')
    await grant('mine', 'Create', 'Describe', 'Write', 'DescribeConfigs')
    await grant('mine-too', 'Create', 'Describe', 'Write')
    await grant('blind', 'Write')
    writer = inspector('right')
    admin = createKafkaJsTopicInspector(clientConfig(kafka.bootstrap), quietLog)
    await until('blind', writer, ({ mayWrite }) => mayWrite === true)
  })
  afterAll(() => kafka?.stop())

  it('tells partitions, right to write and limit of a topic that is in order', async () => {
    expect(await look(writer, 'open')).toEqual({
      topic: 'open',
      error: null,
      partitions: 6,
      leaderless: [],
      mayWrite: true,
      maxMessageBytes: 1_048_588,
    })
    expect(await look(writer, 'limited')).toMatchObject({ partitions: 1, maxMessageBytes: 2000 })
  })

  it('tells each topic by itself, in the order in which they were asked for', async () => {
    const { reports } = await writer.inspect(['hidden', 'open', 'absent', 'readable', 'blind'])
    expect(reports.map(({ topic, error, mayWrite }) => [topic, error, mayWrite])).toEqual([
      ['hidden', 'TOPIC_AUTHORIZATION_FAILED', null],
      ['open', null, true],
      ['absent', 'UNKNOWN_TOPIC_OR_PARTITION', expect.anything()],
      ['readable', null, false],
      ['blind', null, true],
    ])
  })

  it('does not know the limit where we may not see the configuration, which is no error', async () => {
    expect(await look(writer, 'blind')).toMatchObject({ error: null, mayWrite: true, maxMessageBytes: null })
  })

  it('says the same of a topic that we may not see, whether it is there or not', async () => {
    const [there, notThere] = (await writer.inspect(['hidden', 'hidden-and-absent'])).reports
    expect(there).toMatchObject({ error: 'TOPIC_AUTHORIZATION_FAILED', partitions: 0 })
    expect(notThere).toEqual({ ...there, topic: 'hidden-and-absent' })
  })

  it('creates nothing by looking, whoever looks', async () => {
    for (const by of [writer, admin]) {
      expect(await look(by, 'absent')).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: 0 })
    }
    await sleep(200)
    expect(await withAdmin(quietKafka(kafka.bootstrap), (one) => one.listTopics())).not.toContain('absent')
  })

  it('finds all that older brokers say too, but for the rights', async () => {
    const answers = await withBroker(clientConfig(kafka.bootstrap), quietLog, (broker) =>
      Promise.all(METADATA_VERSIONS.map((version) => broker.send(metadataRequest(['open', 'no'], version)))),
    )
    const [now, before] = answers
    expect(now?.topics.map(({ operations }) => operations)).toEqual([expect.any(Number), expect.anything()])
    expect(before).toEqual({
      ...now,
      topics: now?.topics.map((topic) => ({ ...topic, operations: null })),
    })
    expect(now?.brokers.get(now.controllerId)).toEqual({ host: '127.0.0.1', port: kafka.ports.broker })
  })

  it('makes topics as they are specified', async () => {
    const spec = {
      partitions: 7,
      replication: 1,
      config: ['retention.ms=1000', 'cleanup.policy=compact,delete'],
    }
    expect(await writer.create(['mine'], spec)).toEqual({
      created: ['mine'],
      refused: new Map(),
      failure: null,
    })
    const report = await until(
      'mine',
      writer,
      ({ error, leaderless }) => error === null && leaderless.length === 0,
    )
    expect(report).toMatchObject({ partitions: 7, mayWrite: true })
    const [described] = await withAdmin(quietKafka(kafka.bootstrap), async (one) => {
      const { resources } = await one.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: 'mine', configNames: ['retention.ms', 'cleanup.policy'] }],
      })
      return resources
    })
    expect(
      described?.configEntries
        .map(({ configName, configValue }) => `${configName}=${configValue}`)
        .toSorted(),
    ).toEqual(['cleanup.policy=compact,delete', 'retention.ms=1000'])
  })

  it("makes topics by the broker's own defaults", async () => {
    expect((await writer.create(['mine-too'], PLAIN_SPEC)).created).toEqual(['mine-too'])
    expect(await until('mine-too', writer, ({ error }) => error === null)).toMatchObject({ partitions: 4 })
  })

  it('leaves alone what is there already', async () => {
    expect(await admin.create(['open', 'fresh'], { ...PLAIN_SPEC, partitions: 1 })).toEqual({
      created: ['fresh'],
      refused: new Map(),
      failure: null,
    })
    expect(await look(writer, 'open')).toMatchObject({ partitions: 6 })
  })

  it('tells who may not create, and makes the others', async () => {
    const { created, refused, failure } = await writer.create(['absent', 'mine-too', 'hidden'], PLAIN_SPEC)
    expect([created, failure]).toEqual([[], null])
    expect([...refused].map(([topic, { kind, code }]) => [topic, kind, code])).toEqual([
      ['absent', 'topic', 'TOPIC_AUTHORIZATION_FAILED'],
      ['hidden', 'topic', 'TOPIC_AUTHORIZATION_FAILED'],
    ])
  })

  it.each([
    [{ config: ['retention.sm=1'] }, 'INVALID_CONFIG', /retention\.sm/],
    [{ config: ['retention.ms=soon'] }, 'INVALID_CONFIG', /soon.*retention\.ms/],
    [{ replication: 3 }, 'INVALID_REPLICATION_FACTOR', /3/],
  ])("hands on Kafka's own words about %j", async (wrong, code, words) => {
    const { created, refused } = await admin.create(['never'], { ...PLAIN_SPEC, ...wrong })
    expect(created).toEqual([])
    expect(refused.get('never')).toMatchObject({ code, message: expect.stringMatching(words) })
    expect(await look(admin, 'never')).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  it('tells why there is no answer, without telling the password', async () => {
    const nobody = createKafkaJsTopicInspector(clientConfig('127.0.0.1:1'), quietLog)
    expect(await nobody.inspect(['open'])).toMatchObject({ reports: [], failure: { kind: 'connection' } })
    expect(await nobody.create(['mine'], PLAIN_SPEC)).toMatchObject({
      created: [],
      failure: { kind: 'connection' },
    })
    const refused = await inspector('wrong-password').inspect(['open'])
    expect(refused).toMatchObject({ reports: [], failure: { kind: 'cluster' } })
    expect(JSON.stringify(refused)).not.toContain('wrong-password')
  })
})
