/**
 * `npm run demo`: smart locks over MQTT, a broker that calls the provider as EMQX does, the provider, a real Kafka,
 * and a reader that counts what arrived. Exit code 0 only when nothing that was acknowledged is missing and the
 * smart-lock scenario's records are the expected ones.
 */

import { chooseKafka } from './choose-kafka.ts'
import type { DemoRun } from './demo-run.ts'
import { runOnKafka } from './on-kafka.ts'
import { runOnQueue } from './on-queue.ts'
import { type DemoOptions, parseOptions, USAGE } from './options.ts'
import { loadSmartLockScenario } from './smart-lock-scenario.ts'

const say = (...lines: string[]) => {
  for (const line of lines) console.log(line)
}

process.exit(await main())

async function main(): Promise<number> {
  let options: DemoOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${USAGE}`)
    return 2
  }
  if (options === 'help') {
    say(USAGE)
    return 0
  }
  const closers: (() => Promise<unknown>)[] = []
  const interrupted = untilInterrupted()
  const run: DemoRun = {
    options,
    scenario: loadSmartLockScenario(),
    say,
    atEnd: (close) => void closers.push(close),
    interrupted,
  }
  try {
    const finished = demo(run)
    const good = await (options.keep
      ? finished
      : Promise.race([finished, interrupted.then(() => 'interrupted' as const)]))
    if (good === 'interrupted') return 130
    say('', good ? 'The demo went well: nothing was lost.' : 'THE DEMO FAILED.')
    return good ? 0 : 1
  } catch (error) {
    console.error(`THE DEMO FAILED: ${messageOf(error)}`)
    return 1
  } finally {
    // What is closed already is no matter: all of these are safe twice.
    for (const close of closers.reverse()) await close().catch(() => {})
  }
}

async function demo(run: DemoRun): Promise<boolean> {
  say('looking for a Kafka')
  const kafka = await chooseKafka(process.env, say)
  if (kafka === undefined) return runOnQueue(run)
  run.atEnd(kafka.stop)
  return runOnKafka(kafka, run)
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        say('', 'interrupted: clearing away')
        resolve()
      })
    }
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
