import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaDriverName } from '../../src/config/config.ts'
import type { FrozenBatch, KafkaDriver, KafkaFailure, SendOutcome } from '../../src/kafka/kafka-driver.ts'
import { partitionForKey } from '../../src/kafka/murmur2.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { numbered, record } from '../support/records.ts'
import { createDriver, type DriverUnderTest } from './drivers.ts'

/** What every Kafka driver promises, on a real broker. */
export function describeKafkaDriver(name: KafkaDriverName): void {
  describe(`${name} as a KafkaDriver`, () => {
    let kafka: KafkaServer
    const drivers: KafkaDriver[] = []

    function driverFor(bootstrap = kafka.bootstrap): DriverUnderTest {
      const made = createDriver(name, bootstrap)
      drivers.push(made.driver)
      return made
    }

    /** As delivery does: the same batch again until all of it is delivered. */
    async function persist(driver: KafkaDriver, batch: FrozenBatch): Promise<KafkaFailure[]> {
      const failures: KafkaFailure[] = []
      let rest: readonly FrozenBatch[] = [batch]
      while (rest.length > 0) {
        const outcomes: SendOutcome[] = []
        for (const part of rest) outcomes.push(await driver.send(part))
        const left = outcomes.flatMap((outcome) => outcome.left)
        failures.push(...left.map(({ failure }) => failure))
        rest = left.map((part) => part.batch)
        if (rest.length > 0) await sleep(100)
      }
      return failures
    }

    beforeAll(async () => {
      kafka = await startKafka({ topics: { plain: 6, single: 1, big: 3, faulty: 6, good: 3 } })
      await kafka.createTopic('small', 3, { 'max.message.bytes': 2000 })
    })
    afterAll(async () => {
      await Promise.all(drivers.map((driver) => driver.stop()))
      await kafka?.stop()
    })

    it('delivers key, value, headers and timestamp as they are, on the partition Java would choose', async () => {
      const { driver } = driverFor()
      const sent = Array.from({ length: 200 }, (_, i) =>
        record('plain', `device-${i}`, `value ${i} é`, {
          headers: { 'emqx-event': 'message.publish', 'emqx-message-id': `id-${i}` },
          timestampMs: Date.now() - i,
        }),
      )
      const outcome = await driver.send(driver.freeze('plain', sent))
      expect(outcome.left).toEqual([])
      expect(outcome.delivered).toHaveLength(200)

      const found = await consumeAll(kafka.bootstrap, ['plain'], { until: 200 })
      const byKey = new Map(found.map((r) => [r.key, r]))
      for (const [i, r] of sent.entries()) {
        const key = `device-${i}`
        expect(byKey.get(key)).toMatchObject({
          value: r.value,
          headers: r.headers,
          timestampMs: r.timestampMs,
          partition: partitionForKey(Buffer.from(key), 6),
        })
      }
    })

    it('keeps the order of the batch for each key', async () => {
      const { driver } = driverFor()
      for (let from = 0; from < 3000; from += 500) {
        await persist(driver, driver.freeze('good', numbered('good', 500, 20, from)))
      }
      const found = await consumeAll(kafka.bootstrap, ['good'], { until: 3000 })
      expectOrder(found)
    })

    it('takes records without a key and empty values', async () => {
      const { driver } = driverFor()
      const outcome = await driver.send(
        driver.freeze('single', [record('single', null, 'no key'), record('single', null, '')]),
      )
      expect(outcome.left).toEqual([])
      const found = await consumeAll(kafka.bootstrap, ['single'], { until: 2 })
      expect(found.map((r) => [r.key, r.value.toString()])).toEqual([
        [null, 'no key'],
        [null, ''],
      ])
    })

    it('says connection when no broker is there, and delivers the same batch once there is one', async () => {
      const { driver } = driverFor('127.0.0.1:1')
      const batch = driver.freeze('plain', numbered('plain', 3, 3))
      const outcome = await driver.send(batch)
      expect(outcome.delivered).toEqual([])
      expect(outcome.left).toHaveLength(1)
      expect(outcome.left[0]).toMatchObject({
        batch: { records: batch.records },
        failure: { kind: 'connection' },
      })
      expect(await driver.probe()).toMatchObject({ kind: 'connection' })
    })

    it('probes a living cluster', async () => {
      expect(await driverFor().driver.probe()).toBeNull()
    })

    it('says topic for a topic that is not there, and harms no other topic', async () => {
      const { driver } = driverFor()
      const bad = driver.freeze('missing', numbered('missing', 5, 5))
      const good = () => driver.send(driver.freeze('big', numbered('big', 50, 7)))
      expect((await good()).left).toEqual([])
      const [first, ok] = await Promise.all([driver.send(bad), good()])
      expect(first.left[0]?.failure).toMatchObject({ kind: 'topic', code: 'UNKNOWN_TOPIC_OR_PARTITION' })
      expect(ok.left).toEqual([])
      for (let i = 0; i < 5; i++) {
        expect((await driver.send(bad)).left[0]?.failure.kind).toBe('topic')
        expect((await good()).left).toEqual([])
      }
      await kafka.createTopic('missing', 2)
      await persist(driver, bad)
      expect(await consumeAll(kafka.bootstrap, ['missing'], { until: 5 })).toHaveLength(5)
    })

    it('goes on with the others when a topic is deleted under it, and with that topic when it is back', async () => {
      const { driver } = driverFor()
      await kafka.createTopic('doomed', 2)
      await kafka.createTopic('steady', 3)
      await persist(driver, driver.freeze('doomed', numbered('doomed', 4, 4)))
      await persist(driver, driver.freeze('steady', numbered('steady', 100, 5, 0)))
      await kafka.deleteTopic('doomed')

      const doomed = driver.freeze('doomed', numbered('doomed', 4, 4))
      let steady = 100
      let kind: string | undefined
      for (let round = 0; round < 20 && kind !== 'topic'; round++) {
        kind = (await driver.send(doomed)).left[0]?.failure.kind
        const failures = await persist(driver, driver.freeze('steady', numbered('steady', 100, 5, steady)))
        expect(failures.filter((failure) => failure.kind === 'topic')).toEqual([])
        steady += 100
      }
      expect(kind).toBe('topic')
      for (let round = 0; round < 3; round++) {
        await driver.send(doomed)
        expect((await driver.send(driver.freeze('steady', numbered('steady', 100, 5, steady)))).left).toEqual(
          [],
        )
        steady += 100
      }
      await kafka.createTopic('doomed', 2)
      await persist(driver, doomed)
      expectOrder(await consumeAll(kafka.bootstrap, ['steady'], { until: steady }))
    })

    it('says record for a record too large, with nothing of its partition sent', async () => {
      const { driver } = driverFor()
      const culprit = record('small', 'k', Buffer.alloc(5000, 'x'))
      const records = [record('small', 'k', 'before'), culprit, record('small', 'k', 'after')]
      const outcome = await driver.send(driver.freeze('small', records))
      expect(outcome.delivered).toEqual([])
      expect(outcome.left).toHaveLength(1)
      expect(outcome.left[0]?.failure).toMatchObject({ kind: 'record', code: 'MESSAGE_TOO_LARGE' })
      for (const one of [records[0], records[2]]) {
        if (one) await persist(driver, driver.freeze('small', [one]))
      }
      const found = await consumeAll(kafka.bootstrap, ['small'], { until: 2 })
      expect(found.map((r) => r.value.toString())).toEqual(['before', 'after'])
    })

    it('neither loses nor doubles nor reorders when the broker is frozen and killed under it', async () => {
      const { driver, renewals } = driverFor()
      let sent = 0
      let busy = true
      const load = (async () => {
        while (busy) {
          await persist(driver, driver.freeze('faulty', numbered('faulty', 100, 13, sent)))
          sent += 100
          await sleep(20)
        }
      })()
      await sleep(700)
      kafka.freeze()
      await sleep(3000)
      kafka.thaw()
      await sleep(700)
      await kafka.kill()
      await sleep(2000)
      await kafka.restart()
      const back = performance.now()
      const before = sent
      while (sent === before) await sleep(20)
      console.log(`${name} resumed ${Math.round(performance.now() - back)} ms after the broker answered`)
      await sleep(500)
      busy = false
      await load
      const found = await consumeAll(kafka.bootstrap, ['faulty'])
      const numbers = new Set(found.map((r) => Number(r.value.toString())))
      expect(numbers.size).toBe(sent)
      if (renewals() === 0) expect(found).toHaveLength(sent)
      expect(renewals()).toBe(0)
      expectOrder(found)
    })

    it('stops twice, and unused', async () => {
      const { driver } = driverFor()
      await driver.stop()
      await driver.stop()
    })
  })
}

/** Numbers rise for each key, in the order of the partition. */
export function expectOrder(found: readonly { readonly key: string | null; readonly value: Buffer }[]): void {
  const last = new Map<string | null, number>()
  for (const { key, value } of found) {
    const number = Number(value.toString())
    expect(number).toBeGreaterThan(last.get(key) ?? -1)
    last.set(key, number)
  }
}
