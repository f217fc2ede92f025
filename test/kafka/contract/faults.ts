import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/kafka-driver.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { numbered } from '../../support/records.ts'
import { expectOrder, persist, type Stage } from './stage.ts'

/** Longer than requests may take here, so that batches go out again while their first copies still wait to be read. */
const FREEZE_MS = 3_500
const REQUEST_TIMEOUT_MS = 1_000
const KILL_MS = 2_000

/** What becomes of records when the broker does not answer. Topics: frozen, killed (6 partitions). */
export function describeFaults(stage: Stage): void {
  const { name } = stage

  it(`neither loses nor doubles nor reorders while the broker is frozen for ${FREEZE_MS} ms`, async () => {
    const { driver, renewals } = stage.driver({ requestTimeoutMs: REQUEST_TIMEOUT_MS })
    const load = startLoad(driver, 'frozen')
    let sentAgain = 0
    await sleep(700)
    for (let round = 0; round < 2; round++) {
      stage.kafka.freeze()
      await sleep(FREEZE_MS)
      stage.kafka.thaw()
      await load.resumed(`${name}: resumed`, 'after the broker was thawed')
      expect(load.failures()).toBeGreaterThan(sentAgain)
      sentAgain = load.failures()
      await sleep(500)
    }
    await expectAll(stage, 'frozen', await load.stop())
    expect(renewals()).toBe(0)
  })

  it(`neither loses nor doubles nor reorders when the broker is killed for ${KILL_MS} ms`, async () => {
    const { driver, renewals } = stage.driver()
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
  /** Waits until records are delivered again, and prints how long that took. */
  resumed(what: string, since: string): Promise<void>
  /** Batches that had to be sent again. */
  failures(): number
  /** Returns how many records were delivered. */
  stop(): Promise<number>
}

/** Numbered records, 100 at a time, one send outstanding, some 40 times a second. */
function startLoad(driver: KafkaDriver, topic: string): Load {
  let sent = 0
  let failures = 0
  let busy = true
  const running = (async () => {
    while (busy) {
      failures += (await persist(driver, driver.freeze(topic, numbered(topic, 100, 13, sent)))).length
      sent += 100
      await sleep(20)
    }
  })()
  return {
    async resumed(what, since) {
      const from = performance.now()
      const before = sent
      while (sent === before) await sleep(5)
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
async function expectAll(stage: Stage, topic: string, sent: number): Promise<void> {
  const found = await consumeAll(stage.kafka.bootstrap, [topic])
  expect(new Set(found.map(({ value }) => value.toString())).size).toBe(sent)
  expect(found).toHaveLength(sent)
  expectOrder(found)
}
