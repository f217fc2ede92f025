import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createDelivery } from '../../../src/delivery/delivery.ts'
import { createBoundedQueue } from '../../../src/queue/bounded-queue.ts'
import { DEFAULT_POLICY } from '../../../src/rules/policy.ts'
import { balances, createLedger } from '../../../src/telemetry/ledger.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { numbered } from '../../support/records.ts'
import { expectOrder, persist, type Stage } from './stage.ts'

/** What one Kafka topic may do to the others. Topics: big (3 partitions). */
export function describeTopics(stage: Stage): void {
  it('says topic for a topic that is not there, and harms no other topic', async () => {
    const { driver } = stage.driver()
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
    await stage.kafka.createTopic('missing', 2)
    await persist(driver, bad)
    expect(await consumeAll(stage.kafka.bootstrap, ['missing'], { until: 5 })).toHaveLength(5)
  })

  it('goes on with the others when a topic is deleted under it, and with that topic when it is back', async () => {
    const { driver } = stage.driver()
    await stage.kafka.createTopic('doomed', 2)
    await stage.kafka.createTopic('steady', 3)
    await persist(driver, driver.freeze('doomed', numbered('doomed', 4, 4)))
    await persist(driver, driver.freeze('steady', numbered('steady', 100, 5, 0)))
    await stage.kafka.deleteTopic('doomed')

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
    await stage.kafka.createTopic('doomed', 2)
    await persist(driver, doomed)
    expectOrder(await consumeAll(stage.kafka.bootstrap, ['steady'], { until: steady }))
  })

  it('delivers what was meant for a topic that is made anew with fewer partitions', async () => {
    const { driver } = stage.driver()
    await stage.kafka.createTopic('shrunk', 6)
    await persist(driver, driver.freeze('shrunk', numbered('shrunk', 60, 20)))
    await stage.kafka.deleteTopic('shrunk')
    const batch = driver.freeze('shrunk', numbered('shrunk', 60, 20))
    let waiting = await driver.send(batch)
    while (waiting.left[0]?.failure.kind !== 'topic') waiting = await driver.send(batch)
    await stage.kafka.createTopic('shrunk', 2)
    await persist(driver, batch)
    expectOrder(await consumeAll(stage.kafka.bootstrap, ['shrunk'], { until: 60 }))
  })

  it('serves 100 topics side by side', async () => {
    const { driver } = stage.driver()
    const topics = Array.from({ length: 100 }, (_, i) => `side-${i}`)
    await createTopics(stage.kafka.bootstrap, topics, 2)
    for (let from = 0; from < 30; from += 10) {
      const sends = topics.map((topic) => persist(driver, driver.freeze(topic, numbered(topic, 10, 3, from))))
      const failures = (await Promise.all(sends)).flat()
      // A broker says who leads a new partition some time before it knows that it does itself.
      expect(failures.filter(({ kind }) => from > 0 || kind !== 'retriable')).toEqual([])
    }
    const found = await consumeAll(stage.kafka.bootstrap, topics, { until: 3000 })
    for (const topic of topics) {
      const mine = found.filter((record) => record.topic === topic)
      expect(mine).toHaveLength(30)
      expectOrder(mine)
    }
  })
}

/** What a topic that is not there may take of the queue. */
export function describeQueueShare(stage: Stage): void {
  it('a topic that is not there, held past its share of the queue, takes nothing from the others', async () => {
    const { driver } = stage.driver()
    await stage.kafka.createTopic('innocent', 3)
    const ledger = createLedger({ queuedRecords: () => queue.records })
    const delivery = createDelivery(
      {
        ...{ lingerMs: 1, batchMaxRecords: 100, batchMaxBytes: 1e6 },
        ...{ deadLetterTopic: null, topicErrorTtlMs: 1e6, maxRecordAgeMs: 0 },
      },
      { driver, log: quietLog, onFailure: () => {}, giveUp: () => {}, pauseMs: () => 50 },
    )
    const queue = createBoundedQueue(
      {
        ...{ maxRecords: 1000, maxBytes: 1e9, maxWaiters: 10, deadLetterTopic: null },
        ...{ laneShare: 0.5, unhealthyLaneShare: 0.1 },
      },
      {
        log: quietLog,
        ledger,
        onRecords: (lane) => delivery.notify(lane),
      },
    )
    delivery.start()
    const offer = (topic: string, from: number) =>
      queue.offer(
        numbered(topic, 20, 5, from),
        { policy: { ...DEFAULT_POLICY, overflow: 'drop-newest' }, waitMs: 0 },
        () => {},
      )
    for (let from = 0; from < 3000; from += 20) {
      offer('nowhere', from)
      offer('innocent', from)
      await sleep(5)
    }
    const held = () => [...queue.lanes()].find(({ topic }) => topic === 'nowhere')?.records ?? 0
    expect(held()).toBeGreaterThan(0)
    expect(held()).toBeLessThanOrEqual(500)
    const found = await consumeAll(stage.kafka.bootstrap, ['innocent'], { until: 3000 })
    expect(found).toHaveLength(3000)
    expectOrder(found)

    const mostHeld = held()
    await stage.kafka.createTopic('nowhere', 3)
    await consumeAll(stage.kafka.bootstrap, ['nowhere'], { until: mostHeld })
    await delivery.drain(2000)
    expect(queue.records).toBe(0)
    expect(balances(ledger.snapshot())).toBe(true)
  })
}
