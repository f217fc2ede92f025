import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'

let kafka: KafkaServer
beforeAll(async () => {
  kafka = await startKafka()
})
afterAll(() => kafka?.stop())

async function idleSecond(state: 'cured' | 'as-it-is'): Promise<{ timers: number; cpuMs: number }> {
  const script = join(import.meta.dirname, 'count-timers.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    script,
    kafka.bootstrap,
    state,
  ])
  return JSON.parse(stdout) as { timers: number; cpuMs: number }
}

it('an idle connection sets no timers any more', async () => {
  const before = await idleSecond('as-it-is')
  const after = await idleSecond('cured')
  console.log(
    `an idle kafkajs connection, one second: as it is ${JSON.stringify(before)}, cured ${JSON.stringify(after)}`,
  )
  expect(after.timers).toBeLessThan(5)
  // Should this fail, kafkajs or Node has changed and the cure may go.
  expect(before.timers).toBeGreaterThan(100)
})
