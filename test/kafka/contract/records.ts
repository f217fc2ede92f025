import { expect, it } from 'vitest'
import { partitionForKey } from '../../../src/kafka/murmur2.ts'
import type { KafkaRecord } from '../../../src/rules/kafka-record.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { numbered, record } from '../../support/records.ts'
import { expectOrder, persist, type Stage } from './stage.ts'

/** What becomes of records. Topics: plain (6 partitions), good (3), single (1), small (3, at most 2000 bytes). */
export function describeRecords(stage: Stage): void {
  it('delivers key, value, headers and timestamp as they are, on the partition Java would choose', async () => {
    const { driver } = stage.driver()
    const sent = Array.from({ length: 200 }, (_, i) =>
      record('plain', `device-${i}`, `value ${i} é`, {
        headers: { 'emqx-event': 'message.publish', 'emqx-message-id': `id-${i}` },
        timestampMs: Date.now() - i,
      }),
    )
    const outcome = await driver.send(driver.freeze('plain', sent))
    expect(outcome.left).toEqual([])
    expect(outcome.delivered).toHaveLength(200)

    const found = await consumeAll(stage.kafka.bootstrap, ['plain'], { until: 200 })
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

  it('puts a record on the partition that its rule chose, and refuses one that the topic does not have', async () => {
    const { driver } = stage.driver()
    const [fourth, outside] = [4, 6].map((partition) =>
      record('plain', 'chosen', `partition ${partition}`, { partition }),
    ) as [KafkaRecord, KafkaRecord]
    const outcome = await driver.send(driver.freeze('plain', [outside, fourth]))
    expect(outcome.delivered).toEqual([fourth])
    expect(outcome.left).toMatchObject([
      { batch: { records: [outside] }, failure: { kind: 'record', code: 'INVALID_PARTITION' } },
    ])
    const found = await consumeAll(stage.kafka.bootstrap, ['plain'])
    expect(found.filter(({ key }) => key === 'chosen').map(({ partition }) => partition)).toEqual([4])
  })

  it('keeps the order of the batch for each key', async () => {
    const { driver } = stage.driver()
    for (let from = 0; from < 3000; from += 500) {
      await persist(driver, driver.freeze('good', numbered('good', 500, 20, from)))
    }
    const found = await consumeAll(stage.kafka.bootstrap, ['good'], { until: 3000 })
    expectOrder(found)
  })

  it('takes records without a key and empty values', async () => {
    const { driver } = stage.driver()
    const outcome = await driver.send(
      driver.freeze('single', [record('single', null, 'no key'), record('single', null, '')]),
    )
    expect(outcome.left).toEqual([])
    const found = await consumeAll(stage.kafka.bootstrap, ['single'], { until: 2 })
    expect(found.map((r) => [r.key, r.value.toString()])).toEqual([
      [null, 'no key'],
      [null, ''],
    ])
  })

  it('says record for a record too large, with nothing of its partition sent', async () => {
    const { driver } = stage.driver()
    const culprit = record('small', 'k', Buffer.alloc(5000, 'x'))
    const records = [record('small', 'k', 'before'), culprit, record('small', 'k', 'after')]
    const outcome = await driver.send(driver.freeze('small', records))
    expect(outcome.delivered).toEqual([])
    expect(outcome.left).toHaveLength(1)
    expect(outcome.left[0]?.failure).toMatchObject({ kind: 'record', code: 'MESSAGE_TOO_LARGE' })
    for (const one of [records[0], records[2]]) {
      if (one) await persist(driver, driver.freeze('small', [one]))
    }
    const found = await consumeAll(stage.kafka.bootstrap, ['small'], { until: 2 })
    expect(found.map((r) => r.value.toString())).toEqual(['before', 'after'])
  })

  it('says connection when no broker is there, and delivers the same batch once there is one', async () => {
    const { driver } = stage.driver({ brokers: ['127.0.0.1:1'] })
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
    expect(await stage.driver().driver.probe()).toBeNull()
  })

  it('stops twice, and unused', async () => {
    const { driver } = stage.driver()
    await driver.stop()
    await driver.stop()
  })
}
