import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/kafka-driver.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { numbered } from '../../support/records.ts'
import { expectOrder, persist, type Stage } from './stage.ts'

/** Longer than requests may take here, so that batches go out again while their first copies still wait to be read. */
const FREEZE_MS = 3_500
const REQUEST_TIMEOUT_MS = 1_000
const KILL_MS = 2_000

/** What becomes of records when the broker does not answer. Topics: frozen-0 … 2, killed-0 … 2. */
export function describeFaults(stage: Stage): void {
  const { name } = stage

  it(`neither loses nor doubles nor reorders while the broker is frozen for ${FREEZE_MS} ms`, async () => {
    const { driver, renewals } = stage.driver({ requestTimeoutMs: REQUEST_TIMEOUT_MS })
    await makeTopics(stage, 'frozen')
    const load = startLoad(driver, 'frozen')
    let sentAgain = 0
    await sleep(700)
    for (let round = 0; round < 2; round++) {
      stage.kafka.freeze()
      await sleep(FREEZE_MS)
      stage.kafka.thaw()
      await load.resumed(`${name}: resumed`, 'after the broker was thawed')
      // That batches did go out again shows by their failures, but for kafkajs, which first tries again by itself.
      if (name === 'platformatic') expect(load.failures()).toBeGreaterThan(sentAgain)
      sentAgain = load.failures()
      await sleep(500)
    }
    await expectAll(stage, 'frozen', await load.stop())
    expect(renewals()).toBe(0)
  })

  it('replaces the producer, counted, when a batch was given up that may be in Kafka', async () => {
    const { driver, renewals } = stage.driver({ requestTimeoutMs: 300 })
    await stage.kafka.createTopic('given-up', 1)
    expect((await driver.send(driver.freeze('given-up', numbered('given-up', 5, 1)))).left).toEqual([])
    stage.kafka.freeze()
    await sleep(200) // a process of many threads does not stop at once
    const { left } = await driver.send(driver.freeze('given-up', numbered('given-up', 5, 1, 5)))
    stage.kafka.thaw()
    expect(left[0]?.failure.kind).toBe('connection')
    await persist(driver, driver.freeze('given-up', numbered('given-up', 5, 1, 10)))
    expect(renewals()).toBe(1)
    const found = await consumeAll(stage.kafka.bootstrap, ['given-up'])
    const numbers = found.map(({ value }) => Number(value.toString()))
    expect(numbers.filter((number) => number < 5)).toHaveLength(5)
    expect(numbers.filter((number) => number >= 10)).toHaveLength(5)
  })

  it(`neither loses nor doubles nor reorders when the broker is killed for ${KILL_MS} ms`, async () => {
    const { driver, renewals } = stage.driver()
    await makeTopics(stage, 'killed')
    const load = startLoad(driver, 'killed')
    await sleep(700)
    await stage.kafka.kill()
    await sleep(KILL_MS)
    await stage.kafka.restart()
    await load.resumed(`${name}: resumed`, 'after the killed broker answered again')
    await sleep(500)
    await expectAll(stage, 'killed', await load.stop())
    expect(renewals()).toBe(0)
  })
}

interface Load {
  /** Waits until records of every topic are delivered again, and prints how long that took. */
  resumed(what: string, since: string): Promise<void>
  /** Batches that had to be sent again. */
  failures(): number
  /** Returns how many records were delivered to each topic. */
  stop(): Promise<readonly number[]>
}

const LANES = [0, 1, 2]

const makeTopics = (stage: Stage, topic: string): Promise<void> =>
  createTopics(
    stage.kafka.bootstrap,
    LANES.map((lane) => `${topic}-${lane}`),
    3,
  )

/** Numbered records for three topics, 100 at a time, one send outstanding for each, some 40 times a second. */
function startLoad(driver: KafkaDriver, topic: string): Load {
  const sent = LANES.map(() => 0)
  let failures = 0
  let busy = true
  async function run(lane: number): Promise<void> {
    while (busy) {
      const from = sent[lane] ?? 0
      const batch = driver.freeze(`${topic}-${lane}`, numbered(`${topic}-${lane}`, 100, 13, from))
      failures += (await persist(driver, batch)).length
      sent[lane] = from + 100
      await sleep(20)
    }
  }
  const running = Promise.all(LANES.map(run))
  return {
    async resumed(what, since) {
      const from = performance.now()
      const before = [...sent]
      while (LANES.some((lane) => sent[lane] === before[lane])) await sleep(5)
      console.log(`${what} ${Math.round(performance.now() - from)} ms ${since}`)
    },
    failures: () => failures,
    async stop() {
      busy = false
      await running
      return sent
    },
  }
}

/** All of them once, in order. */
async function expectAll(stage: Stage, topic: string, sent: readonly number[]): Promise<void> {
  for (const lane of LANES) {
    const found = await consumeAll(stage.kafka.bootstrap, [`${topic}-${lane}`])
    expect(new Set(found.map(({ value }) => value.toString())).size).toBe(sent[lane])
    expect(found).toHaveLength(sent[lane] ?? 0)
    expectOrder(found)
  }
}
