import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApp } from '../src/app.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { loadFittedRules } from '../src/reload/load-fitted-rules.ts'
import type { KafkaRecord } from '../src/rules/kafka-record.ts'
import { type Arrival, createArrivals, pretty } from './arrivals.ts'
import type { DemoRun } from './demo-run.ts'
import { play } from './play.ts'
import { RULES } from './provider.ts'
import { summarize } from './summary.ts'

/** A port of loopback where nobody listens. */
const NO_KAFKA = '127.0.0.1:1'
const SHOWN = 6

const FLAGS = [`--kafka-brokers=${NO_KAFKA}`, '--grpc-port=0', '--http-port=0', '--stop-deadline-ms=1000']

/**
 * The demo without a Kafka: the provider runs in this process, Kafka is down for it, and the records stay in its
 * queue, where they are looked at. Always fails, because nothing reached a Kafka.
 */
export async function runOnQueue({ options, scenario, say, atEnd }: DemoRun): Promise<false> {
  say(
    'NO KAFKA can be had here, so NOTHING WILL REACH A KAFKA: the records stay in the queue of the provider',
  )
  const config = loadConfig({
    argv: [...FLAGS, `--rules=${join(import.meta.dirname, '..', RULES)}`],
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  const rules = loadFittedRules(config)
  const app = createApp(config, {
    rules,
    log: pino({ level: 'silent' }),
    version: 'demo',
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  const ports = await app.start()
  atEnd(() => app.stop())

  const played = await play(options, {
    providerUrl: `http://127.0.0.1:${ports.grpc}`,
    scenario,
    arrived: { count: () => app.queue.records, where: 'in the queue' },
    say,
    atEnd,
  })
  await played.fleet.disconnect()
  await played.emqx.stop()

  const arrivals = createArrivals(0)
  const queued = app.queue.peek(Number.MAX_SAFE_INTEGER).map(toArrival)
  for (const arrival of queued) arrivals.add(arrival)
  for (const arrival of queued.slice(0, SHOWN)) say(`  queue ▸ ${pretty(arrival)}`)
  const { lines } = summarize({ played, arrivals, scenario, where: 'in the queue' })
  say(
    '',
    'SUMMARY',
    ...lines,
    '',
    'NOTHING REACHED A KAFKA: install Java 17 and Maven, or start Docker, or set KAFKA_BOOTSTRAP',
  )
  return false
}

function toArrival({ topic, key, value }: KafkaRecord, place: number): Arrival {
  return { topic, key: key === null ? null : String(key), value, place: `${topic} (queued, ${place})` }
}
