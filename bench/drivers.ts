/**
 * `npm run bench:drivers`: what a record costs with each Kafka driver, in one interleaved run against a real Kafka: one
 * lane, one send outstanding, acks=all, idempotent, 6 partitions, values of 379 bytes, keys and two headers. Ends by
 * itself. Options: --rounds 3 --seconds 4 --warm-up 3 --compression none
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import type { DriverLoad } from './driver-load.ts'
import { median } from './measure/statistics.ts'

const run = promisify(execFile)
const DRIVERS = ['kafkajs', 'platformatic'] as const
const BATCHES = [100, 1000] as const
const TOPIC = 'bench'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    'warm-up': { type: 'string', default: '3' },
    compression: { type: 'string', default: 'none' },
  },
})

const subjects = BATCHES.flatMap((batch) =>
  DRIVERS.map((driver) => ({ driver, batch, loads: [] as DriverLoad[] })),
)
console.log('starting Kafka …')
const kafka = await startKafka({ topics: { [TOPIC]: 6 }, jvmFlags: [] })
try {
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const { driver, batch, loads } of subjects) {
      loads.push(await measure(driver, batch))
      console.log(`round ${round}: ${row(driver, batch, loads.slice(-1))}`)
    }
  }
} finally {
  await kafka.stop()
}
console.log('\n| driver | records a batch | records/s | CPU µs/record | RSS MB |\n|---|---|---|---|---|')
for (const { driver, batch, loads } of subjects) console.log(row(driver, batch, loads))

async function measure(driver: string, batch: number): Promise<DriverLoad> {
  const { stdout } = await run(
    process.execPath,
    [
      join(import.meta.dirname, 'driver-load.ts'),
      ...[driver, kafka.bootstrap, TOPIC, String(batch)],
      ...[options.compression, options.seconds, options['warm-up']],
    ],
    { timeout: 120_000 },
  )
  return JSON.parse(stdout) as DriverLoad
}

/** Medians of the rounds. */
function row(driver: string, batch: number, loads: readonly DriverLoad[]): string {
  const of = (what: keyof DriverLoad) => median(loads.map((load) => load[what]))
  const rate = `${Math.round(of('recordsPerSecond') / 1000)}k`
  return `| ${driver} | ${batch} | ${rate} | ${of('cpuMicrosecondsPerRecord').toFixed(1)} | ${of('rss').toFixed(0)} |`
}
