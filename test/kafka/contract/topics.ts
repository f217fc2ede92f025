import { expect, it } from 'vitest'
import { consumeAll } from '../../support/kafka/consume.ts'
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
}
