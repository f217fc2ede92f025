import { afterAll, beforeAll, expect, it } from 'vitest'
import { runTail, type TailOptions } from '../../src/cli/tail.ts'
import { createKafkaJsDriver } from '../../src/kafka/kafkajs-driver.ts'
import { createKafkaJsReader } from '../../src/kafka/kafkajs-reader.ts'
import type { RecordReader } from '../../src/kafka/record-reader.ts'
import { createTextOutput } from '../support/command-output.ts'
import { clientConfig } from '../support/kafka/client-config.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { quietLog } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'

let kafka: KafkaServer
let reader: RecordReader

beforeAll(async () => {
  kafka = await startKafka({ topics: { numbers: 1 } })
  const driver = createKafkaJsDriver(clientConfig(kafka.bootstrap), { log: quietLog, onRenewal: () => {} })
  const records = Array.from({ length: 20 }, (_, i) => record('numbers', 'k', String(i)))
  expect((await driver.send(driver.freeze('numbers', records))).left).toEqual([])
  await driver.stop()
  reader = createKafkaJsReader(clientConfig(kafka.bootstrap), { log: quietLog })
})
afterAll(async () => {
  await reader?.stop()
  await kafka?.stop()
})

const options = (more: Partial<TailOptions>): TailOptions => ({
  topic: 'numbers',
  group: null,
  from: 'earliest',
  max: Number.POSITIVE_INFINITY,
  json: false,
  ...more,
})

/** The numbers that a tail prints until its reader has had so many lines. */
async function printed(more: Partial<TailOptions>, lines?: number): Promise<readonly number[]> {
  const out = createTextOutput(lines)
  await runTail(options(more), { reader, out, signal: AbortSignal.timeout(20_000) })
  return out.lines().map((line) => Number(line.split('  ').at(-1)))
}

it('commits what was written, also when its reader goes in the middle of a batch', async () => {
  expect(await printed({ group: 'g' }, 5)).toEqual([0, 1, 2, 3, 4])
  expect(await printed({ group: 'g', max: 3 })).toEqual([5, 6, 7])
  expect(await printed({ group: 'g', from: 'latest', max: 12 })).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 8),
  )
})

it('remembers nothing without a group', async () => {
  expect(await printed({ max: 2 })).toEqual([0, 1])
  expect(await printed({ max: 2 })).toEqual([0, 1])
})

it('ends soon by the signal, also while Kafka does not answer', async () => {
  const ending = new AbortController()
  const started = Promise.withResolvers<void>()
  const own = createKafkaJsReader(clientConfig(kafka.bootstrap), { log: quietLog })
  const deps = { reader: own, out: createTextOutput(), signal: ending.signal, onStart: started.resolve }
  const tailing = runTail(options({ from: 'latest' }), deps)
  await started.promise
  kafka.freeze()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const from = performance.now()
  ending.abort()
  await tailing
  await own.stop()
  expect(performance.now() - from).toBeLessThan(1_000)
  kafka.thaw()
})
