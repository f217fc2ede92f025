import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { largestRecordBytes } from '../../src/rules/largest-record.ts'
import { DRIVERS } from '../kafka/drivers.ts'
import { createHookClient, type HookClient } from '../support/hook-client.ts'
import { allow } from '../support/kafka/acls.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { startGuardedKafka } from '../support/kafka/guarded-kafka.ts'
import type { KafkaServer } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import type { LogLine } from '../support/quiet-log.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const MIB = 1024 * 1024

/** A file with a rule for each topic: `<topic>/#` goes there. */
function rulesFile(...topics: readonly string[]): string {
  const rules = topics.map((topic) => `  - {hook: message.publish, filter: ${topic}/#, topic: ${topic}}\n`)
  return temporaryFile('rules.yaml', `rules:\n${rules.join('')}`)
}

const RULES = rulesFile('good', 'readable', 'absent', 'hidden')
const ONE_GOOD = rulesFile('good')
const ONE_MISSING = rulesFile('nowhere')
const ONE_NEW = { kafkajs: rulesFile('new-kafkajs'), platformatic: rulesFile('new-platformatic') }

describe('the topics, before any record is sent', () => {
  let kafka: KafkaServer
  let guarded: string
  let provider: ProviderProcess | undefined
  let client: HookClient | undefined

  async function begin(rules: string, flags: readonly string[], env = {}) {
    provider = await startProvider([`--rules=${rules}`, ...flags], { env })
    client = createHookClient({ port: provider.grpcPort })
    return provider
  }

  const publish = (topic: string, payload: Buffer) =>
    client?.call('OnMessagePublish', {
      message: { id: 'A1', qos: 1, from: 'lock-1', topic, payload, timestamp: Date.now(), headers: {} },
    })

  async function readyz(of: ProviderProcess): Promise<{ readonly status: number; readonly topics: string }> {
    const answer = await fetch(`http://127.0.0.1:${of.httpPort}/readyz`)
    return { status: answer.status, topics: /^topics: (.*)$/m.exec(await answer.text())?.[1] ?? '' }
  }

  async function untilReadyz(
    of: ProviderProcess,
    seen: (now: { status: number; topics: string }) => boolean,
  ) {
    for (;;) {
      const now = await readyz(of)
      if (seen(now)) return now
      await sleep(20)
    }
  }

  /** The log line with this message; it comes by another way than the answers to HTTP. */
  async function said(of: ProviderProcess, msg: string): Promise<LogLine> {
    for (;;) {
      const line = of.lines.find((one) => one.msg === msg)
      if (line !== undefined) return line
      await sleep(10)
    }
  }

  const problems = (of: ProviderProcess) =>
    of.lines.filter(({ problem }) => problem !== undefined).map(({ topic, problem }) => `${topic} ${problem}`)

  beforeAll(async () => {
    ;({ kafka, guarded } = await startGuardedKafka({
      users: { provider: 'pass-phrase' },
      topics: { good: 3, readable: 3, 'exhook.dead-letters': 1 },
    }))
    for (const topic of ['good', 'absent', 'exhook.dead-letters']) {
      await allow(kafka.bootstrap, 'User:provider', topic, ['Describe', 'Write'])
    }
    await allow(kafka.bootstrap, 'User:provider', 'readable', ['Describe'])
  })
  afterEach(async () => {
    client?.close()
    await provider?.stop()
    provider = client = undefined
  })
  afterAll(() => kafka?.stop())

  it('are told to be missing or not writable, in log, readiness and metrics, until they are', async () => {
    const flags = [
      `--kafka-brokers=${guarded}`,
      '--kafka-sasl-mechanism=plain',
      '--kafka-sasl-username=provider',
    ]
    const on = await begin(RULES, flags, {
      EXHOOK_KAFKA_SASL_PASSWORD: 'pass-phrase',
    })
    const bad = await untilReadyz(on, ({ topics }) => topics.includes('"'))
    expect(bad).toEqual({
      status: 503,
      topics: '"readable" may not be written, "absent" does not exist, "hidden" may not be seen',
    })
    await said(on, '2 of 5 topics are in order')
    expect(problems(on)).toEqual(['readable not-writable', 'absent missing', 'hidden hidden'])
    expect(on.lines.find(({ topic }) => topic === 'absent')).toMatchObject({
      level: 40,
      fix: expect.stringContaining('kafka.topics.create'),
    })
    const ready = (topic: string) => metric(on, 'exhook_topic_ready', `topic="${topic}"`)
    expect([await ready('good'), await ready('readable'), await ready('absent')]).toEqual([1, 0, 0])
    expect(await metric(on, 'exhook_topic_partitions', 'topic="good"')).toBe(3)

    await kafka.createTopic('absent', 2)
    await kafka.createTopic('hidden', 1)
    await allow(kafka.bootstrap, 'User:provider', 'readable', ['Write'])
    await allow(kafka.bootstrap, 'User:provider', 'hidden', ['Write'])
    const good = await untilReadyz(on, ({ status }) => status === 200)
    expect(good.topics).toBe('5 can be written')
    expect([await ready('absent'), await ready('hidden')]).toEqual([1, 1])
    expect(await said(on, '5 topics are in order')).toMatchObject({ limitNotKnown: 5 })
    expect(JSON.stringify(on.lines) + on.stderr()).not.toContain('pass-phrase')
    expect(await ledgerOf(on)).toMatchObject({ records: 0 })
  })

  it.each(DRIVERS)('are created when that is wanted, and hold the largest record (%s)', async (driver) => {
    const [topic, dead] = [`new-${driver}`, `dead-${driver}`]
    const limit = largestRecordBytes(['message.publish'], 'bridge', MIB)
    const on = await begin(ONE_NEW[driver], [
      ...[`--kafka-brokers=${kafka.bootstrap}`, `--kafka-driver=${driver}`, `--dead-letters-topic=${dead}`],
      ...['--kafka-topics-create', '--kafka-topics-partitions=4', '--kafka-topics-replication=1'],
      `--kafka-topics-config=max.message.bytes=${limit},cleanup.policy=compact,delete`,
    ])
    await publish(`${topic}/1`, Buffer.alloc(MIB - 64, 'x'))
    const [record] = await consumeAllOf(topic)
    expect(record?.value.length).toBeGreaterThan((4 / 3) * (MIB - 64))
    await untilReadyz(on, ({ status }) => status === 200)
    expect(await metric(on, 'exhook_topic_partitions', `topic="${topic}"`)).toBe(4)
    await said(on, '2 topics are in order')
    const created = on.lines.filter(({ msg }) => msg === 'the topic was missing and has been created')
    expect(created.map((line) => line.topic)).toEqual([topic, dead])
    expect(problems(on)).toEqual([])
    expect(await ledgerOf(on)).toMatchObject({ delivered: 1, deadLettered: 0, queued: 0 })
  })

  it('are not created otherwise, and their limit is compared with what a packet can become', async () => {
    const on = await begin(ONE_GOOD, [`--kafka-brokers=${kafka.bootstrap}`, '--dead-letters-topic=nobody'])
    await untilReadyz(on, ({ topics }) => topics.includes('"nobody" does not exist'))
    await said(on, '0 of 2 topics are in order')
    expect(on.lines.find(({ topic }) => topic === 'good')).toMatchObject({
      problem: 'limit',
      maxMessageBytes: 1_048_588,
      largestRecordBytes: largestRecordBytes(['message.publish'], 'bridge', MIB),
    })
    await on.stop()

    const small = ['--emqx-max-packet-bytes=512KiB', '--dead-letters-topic=off']
    const quiet = await begin(ONE_GOOD, [`--kafka-brokers=${kafka.bootstrap}`, ...small])
    await untilReadyz(quiet, ({ status }) => status === 200)
    await said(quiet, '1 topic is in order')
    expect(problems(quiet)).toEqual([])
  })

  it('hold up no stop, also when the broker hangs in the middle of a look', async () => {
    const on = await begin(ONE_MISSING, [`--kafka-brokers=${kafka.bootstrap}`, '--stop-deadline-ms=1000'])
    await untilReadyz(on, ({ topics }) => topics.includes('"nowhere" does not exist'))
    kafka.freeze()
    try {
      await sleep(2500) // at least one of the looks, 1 and 2 s apart, hangs by now
      const start = performance.now()
      expect(await on.stop()).toBe(0)
      expect(performance.now() - start).toBeLessThan(3500)
    } finally {
      kafka.thaw()
    }
  })

  const consumeAllOf = (topic: string) =>
    untilThere(topic).then(() => consumeAll(kafka.bootstrap, [topic], { until: 1 }))

  /** A consumer of a topic that is not there fails. */
  async function untilThere(topic: string): Promise<void> {
    if (provider === undefined) return
    while ((await metric(provider, 'exhook_topic_partitions', `topic="${topic}"`)) === 0) await sleep(20)
  }
})
