import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDeadLettersList } from '../../src/cli/dead-letters-list.ts'
import {
  type RedriveOptions,
  redriveGroups,
  runDeadLettersRedrive,
} from '../../src/cli/dead-letters-redrive.ts'
import {
  type CauseOfDeath,
  DEAD_LETTER_HEADERS,
  MAX_DEAD_VALUE_BYTES,
  toDeadLetter,
} from '../../src/delivery/dead-letter.ts'
import type { KafkaDriver, KafkaFailure } from '../../src/kafka/kafka-driver.ts'
import { createKafkaJsDriver } from '../../src/kafka/kafkajs-driver.ts'
import { createKafkaJsReader } from '../../src/kafka/kafkajs-reader.ts'
import type { RecordReader } from '../../src/kafka/record-reader.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { createTextOutput } from '../support/command-output.ts'
import { clientConfig } from '../support/kafka/client-config.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { quietLog } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'

const TOO_LARGE: KafkaFailure = { kind: 'record', code: 'MESSAGE_TOO_LARGE', message: 'too large' }
const WRONG_TIME: KafkaFailure = { kind: 'record', code: 'INVALID_TIMESTAMP', message: 'in the future' }
const NO_TOPIC: KafkaFailure = { kind: 'topic', code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'no topic' }

let kafka: KafkaServer
let driver: KafkaDriver
let reader: RecordReader
let cases = 0

beforeAll(async () => {
  kafka = await startKafka()
  driver = createKafkaJsDriver(clientConfig(kafka.bootstrap), { log: quietLog, onRenewal: () => {} })
})
afterAll(async () => {
  await driver?.stop()
  await reader?.stop()
  await kafka?.stop()
})

/** A dead-letter topic and an original topic of its own for each test. */
async function topics(partitions = 1, config: Record<string, number> = {}) {
  const dead = `dead_${++cases}`
  const origin = `origin_${cases}`
  await kafka.createTopic(dead, partitions)
  await kafka.createTopic(origin, 1, config)
  await reader?.stop()
  reader = createKafkaJsReader(clientConfig(kafka.bootstrap), { log: quietLog })
  return { dead, origin }
}

async function send(records: readonly KafkaRecord[]): Promise<void> {
  for (const one of records) {
    expect((await driver.send(driver.freeze(one.topic, [one]))).left).toEqual([])
  }
}

const die = (dead: string, failure: CauseOfDeath, ...records: KafkaRecord[]) =>
  send(records.map((one) => toDeadLetter(one, failure, dead, Date.now())))

const ALL = { topic: null, code: null }

async function list(deadLetterTopic: string, more: { json?: boolean; max?: number; topic?: string } = {}) {
  const out = createTextOutput()
  const options = {
    deadLetterTopic,
    follow: false,
    max: Number.POSITIVE_INFINITY,
    json: false,
    ...ALL,
    ...more,
  }
  await runDeadLettersList(options, { reader, out, signal: AbortSignal.timeout(20_000) })
  return out
}

async function redrive(
  deadLetterTopic: string,
  more: Partial<RedriveOptions> = {},
  deps: { driver?: KafkaDriver; signal?: AbortSignal } = {},
) {
  const out = createTextOutput()
  const options = { deadLetterTopic, max: Number.POSITIVE_INFINITY, dryRun: false, ...ALL, ...more }
  const signal = AbortSignal.timeout(20_000)
  const done = await runDeadLettersRedrive(options, {
    reader,
    driver,
    out,
    signal,
    nowMs: Date.now,
    retryAfterMs: 10,
    ...deps,
  })
  return { done, text: out.text() }
}

const found = async (topic: string) =>
  (await consumeAll(kafka.bootstrap, [topic])).map(({ value }) => String(value))

describe('list', () => {
  it('ends by itself where there is none', async () => {
    const { dead } = await topics(3)
    expect((await list(dead)).text()).toMatch(/^TIME +ORIGINAL TOPIC .*\n\n0 dead letters\n$/)
    expect((await list(dead, { json: true })).text()).toBe('')
  })

  it('shows each with its reason, and sums them up', async () => {
    const { dead, origin } = await topics(2)
    await die(
      dead,
      TOO_LARGE,
      record(origin, 'lock-1', 'a'),
      record(origin, 'lock-2', Buffer.alloc(MAX_DEAD_VALUE_BYTES + 1)),
    )
    await die(dead, NO_TOPIC, record('elsewhere', null, 'bc'))
    await send([record(dead, 'foreign', 'not ours')])

    const text = (await list(dead)).text()
    expect(text).toMatch(new RegExp(`Z  ${origin} +lock-1 +test +MESSAGE_TOO_LARGE +1 +whole\n`))
    expect(text).toMatch(
      new RegExp(`Z  ${origin} +lock-2 +test +MESSAGE_TOO_LARGE +${MAX_DEAD_VALUE_BYTES + 1} +cut\n`),
    )
    expect(text).toMatch(/Z {2}elsewhere +- +test +UNKNOWN_TOPIC_OR_PARTITION +2 +whole\n/)
    expect(text).toMatch(new RegExp(`${origin} +MESSAGE_TOO_LARGE +1 +1\n`))
    expect(text).toContain('3 dead letters, and 1 record of others\n')

    const json = (await list(dead, { json: true, topic: 'elsewhere' }))
      .lines()
      .map((line) => JSON.parse(line))
    expect(json).toMatchObject([
      {
        original_topic: 'elsewhere',
        key: null,
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        kind: 'topic',
        bytes: 2,
        cut: false,
      },
    ])
    expect((await list(dead, { json: true, max: 2 })).lines()).toHaveLength(2)
  })

  it('lets no letter speak to the terminal', async () => {
    const { dead, origin } = await topics()
    const evil = '\u001b]0;owned\u0007\u009b31m\u202e\r\n\u2028'
    const failure = { ...TOO_LARGE, code: `CODE${evil}`, message: evil }
    await die(dead, failure, {
      ...record(origin, `key${evil}`, evil, { headers: { [evil]: evil } }),
      rule: `rule${evil}`,
    })
    for (const json of [true, false]) {
      const out = await list(dead, { json })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(out.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/)
      expect(out.lines()).toHaveLength(json ? 1 : 7)
    }
  })
})

it('watch shows what comes, and ends by the signal', async () => {
  const { dead, origin } = await topics()
  await die(dead, TOO_LARGE, record(origin, 'old', '1'))
  const out = createTextOutput()
  const ending = new AbortController()
  const started = Promise.withResolvers<void>()
  const options = { deadLetterTopic: dead, follow: true, max: Number.POSITIVE_INFINITY, json: true, ...ALL }
  const watching = runDeadLettersList(options, {
    reader,
    out,
    signal: ending.signal,
    onStart: started.resolve,
  })
  await started.promise
  await die(dead, TOO_LARGE, record(origin, 'new', '2'))
  await expect.poll(() => out.lines().map((line) => JSON.parse(line).key)).toEqual(['new'])
  ending.abort()
  await watching
})

describe('redrive', () => {
  it('puts back on the partition that the rule chose, and nothing whose rule found no topic', async () => {
    const { dead, origin } = await topics()
    const wide = `${origin}_wide`
    await kafka.createTopic(wide, 4)
    const ruled = (code: string): CauseOfDeath => ({ kind: 'rule', code, message: 'no topic' })
    await die(dead, ruled('TOPIC_NOT_ALLOWED'), record(wide, 'k', 'not allowed'))
    await die(dead, ruled('TOPIC_ILLEGAL'), record('a/b', 'k', 'illegal'))
    await die(dead, ruled('TOO_MANY_TOPICS'), record(wide, 'k', 'one too many', { partition: 3 }))
    expect((await redrive(dead)).text).toBe(
      `1 dead letter put back to ${wide}\n2 skipped: their rule has no Kafka topic for them\n`,
    )
    expect(await consumeAll(kafka.bootstrap, [wide])).toMatchObject([
      { value: Buffer.from('one too many'), partition: 3 },
    ])
    expect((await list(dead)).text()).toContain('3 dead letters')
  })

  it('puts each back as it was, once', async () => {
    const { dead, origin } = await topics()
    const timestampMs = Date.now() - 60_000
    const headers = { 'emqx-event': 'message.publish', mine: 'grüße' }
    await die(
      dead,
      TOO_LARGE,
      record(origin, 'lock-1', 'one', { headers, timestampMs }),
      record(origin, null, 'two'),
    )
    await die(dead, WRONG_TIME, record(origin, 'lock-1', 'late', { timestampMs: Date.now() + 1e12 }))
    await send([
      record(dead, 'foreign', 'not ours'),
      record(dead, null, 'x', { headers: { [DEAD_LETTER_HEADERS.topic]: '__consumer_offsets' } }),
    ])
    await die(dead, TOO_LARGE, record(origin, 'lock-2', Buffer.alloc(MAX_DEAD_VALUE_BYTES + 1)))

    const first = await redrive(dead)
    expect(first.text).toBe(
      `3 dead letters put back to ${origin}\n1 skipped: cut, so no longer whole\n2 skipped: none of ours\n`,
    )
    expect(first.done).toBe(true)
    const back = await consumeAll(kafka.bootstrap, [origin])
    expect(back).toMatchObject([
      { key: 'lock-1', value: Buffer.from('one'), headers, timestampMs },
      { key: null, value: Buffer.from('two') },
      { key: 'lock-1', value: Buffer.from('late') },
    ])
    expect(Object.keys(back[0]?.headers ?? {})).toEqual(Object.keys(headers))
    expect(Math.abs((back[2]?.timestampMs ?? 0) - Date.now())).toBeLessThan(20_000)

    expect((await redrive(dead)).text).toBe('0 dead letters put back\n')
    expect(await found(origin)).toHaveLength(3)
  })

  it('does nothing in a dry run', async () => {
    const { dead, origin } = await topics()
    await die(dead, TOO_LARGE, record(origin, 'k', '1'), record(origin, 'k', '2'))
    const dry = await redrive(dead, { dryRun: true, max: 1 })
    expect(dry.text).toMatch(new RegExp(`${origin} .* whole\n1 dead letter would be put back to ${origin}\n`))
    expect(await found(origin)).toEqual([])
    expect((await redrive(dead)).text).toContain('2 dead letters put back')
  })

  it('goes on after --max with the next', async () => {
    const { dead, origin } = await topics()
    await die(dead, TOO_LARGE, ...Array.from({ length: 7 }, (_, i) => record(origin, 'k', String(i))))
    for (const count of [3, 3, 1, 0])
      expect((await redrive(dead, { max: 3 })).text).toContain(`${count} dead letter`)
    expect(await found(origin)).toEqual(['0', '1', '2', '3', '4', '5', '6'])
  })

  it('ends at the first that is refused again, and begins with it the next time', async () => {
    const { dead, origin } = await topics(1, { 'max.message.bytes': 2000 })
    const big = 'x'.repeat(5000)
    const values = ['0', '1', big, '3', '4']
    await die(dead, TOO_LARGE, ...values.map((value) => record(origin, 'k', value)))
    for (const put of [2, 0]) {
      const { done, text } = await redrive(dead)
      expect(done).toBe(false)
      expect(text).toContain(`${put} dead letters put back`)
      expect(text).toContain('Kafka refused 0@2 again')
      expect(text).toContain('MESSAGE_TOO_LARGE')
    }
    expect(await found(origin)).toEqual(['0', '1'])
    await kafka.deleteTopic(origin)
    await kafka.createTopic(origin, 1)
    expect((await redrive(dead)).done).toBe(true)
    expect(await found(origin)).toEqual([big, '3', '4'])
  })

  it('loses nothing that a filter leaves out, and puts nothing back twice for a narrower one', async () => {
    const { dead, origin } = await topics()
    const other = `${origin}_other`
    await kafka.createTopic(other)
    await die(dead, TOO_LARGE, record(origin, 'k', 'a'))
    await die(dead, NO_TOPIC, record(other, 'k', 'b'))
    await die(dead, TOO_LARGE, record(other, 'k', 'c'))

    const filtered = await redrive(dead, { topic: other, code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect(filtered.text).toContain(`1 dead letter put back to ${other}\n2 left out by the filter`)
    expect((await redrive(dead, { topic: other, code: 'UNKNOWN_TOPIC_OR_PARTITION' })).text).toContain(
      '0 dead',
    )
    expect((await redrive(dead, { topic: origin })).text).toContain(`1 dead letter put back to ${origin}`)
    // The wider one has a place of its own: at least once.
    expect((await redrive(dead)).text).toContain('3 dead letters put back')
    expect((await redrive(dead, { code: 'MESSAGE_TOO_LARGE' })).text).toContain('0 dead letters put back')
    expect((await found(origin)).sort()).toEqual(['a', 'a'])
    expect((await found(other)).sort()).toEqual(['b', 'b', 'c'])
  })

  it('ended by an abort or a Kafka that fails in the middle, loses nothing', async () => {
    const { dead, origin } = await topics(3)
    const keys = Array.from({ length: 300 }, (_, i) => `key-${i % 30}`)
    const letters = keys.map((key, i) =>
      toDeadLetter(record(origin, key, `${i} ${'x'.repeat(9000)}`), TOO_LARGE, dead, Date.now()),
    )
    expect((await driver.send(driver.freeze(dead, letters))).left).toEqual([])

    let sends = 0
    const ending = new AbortController()
    const aborting: KafkaDriver = {
      ...driver,
      async send(batch) {
        if (++sends === 2) ending.abort()
        return driver.send(batch)
      },
    }
    const aborted = await redrive(dead, {}, { driver: aborting, signal: ending.signal })
    expect(aborted.done).toBe(false)
    expect(aborted.text).toContain('stopped before the end')
    const partly = (await found(origin)).length
    expect(partly).toBeGreaterThan(0)
    expect(partly).toBeLessThan(300)

    // The answer to a send is lost, with the records in Kafka: as when the process is killed before it commits.
    const deaf: KafkaDriver = {
      ...driver,
      async send(batch) {
        await driver.send(batch)
        return {
          delivered: [],
          left: [{ batch, failure: { kind: 'cluster', code: 'Lost', message: 'killed' } }],
        }
      },
    }
    expect((await redrive(dead, {}, { driver: deaf })).done).toBe(false)
    expect((await redrive(dead)).done).toBe(true)
    const all = await found(origin)
    expect(new Set(all).size).toBe(300)
    expect(all.length).toBeLessThan(300 + 80)
  })
})

it('has a group for each filter, none of which another can be taken for', () => {
  expect(redriveGroups(ALL)).toEqual({ own: 'exhook-kafka-redrive', wider: [] })
  expect(redriveGroups({ topic: 't', code: 'c' })).toEqual({
    own: 'exhook-kafka-redrive,topic=t,code=c',
    wider: ['exhook-kafka-redrive', 'exhook-kafka-redrive,topic=t', 'exhook-kafka-redrive,code=c'],
  })
})
