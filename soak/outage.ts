/**
 * `npm run soak:outage`: Kafka is killed for ten minutes while 200 MQTT clients go on publishing, with the queue on disk.
 * Prints the state every ten seconds; then how fast the backlog goes out, and what a consumer finds. Ends by itself; exit
 * code 1 when a promise was broken. Options: --minutes 10 --rate 500 --clients 200 --driver kafkajs --queue disk
 * --reply stored --out <file>
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { compare } from '../test/support/compare.ts'
import { consumeAll } from '../test/support/kafka/consume.ts'
import { type CatchUp, watchCatchUp } from './catch-up.ts'
import { clearAwayOnSignal, createClearAway } from './clear-away.ts'
import { SOAK_PAGE, writePart } from './docs-page.ts'
import { positive } from './options.ts'
import { createOutageLog, type OutageLog, SAMPLE_HEAD } from './outage-log.ts'
import { type OutageCount, outageText } from './outage-text.ts'
import { type Rig, startRig, TOPIC } from './rig.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '500' },
    clients: { type: 'string', default: '200' },
    driver: { type: 'string', default: 'kafkajs' },
    queue: { type: 'string', default: 'disk' },
    reply: { type: 'string', default: 'stored' },
    out: { type: 'string', default: SOAK_PAGE },
  },
})
const minutes = positive('minutes', values.minutes)
const rate = positive('rate', values.rate)
const disk = values.queue === 'disk'

const SAMPLE_MS = 10_000
const LIVE_SAMPLES = 2
const CALM_SAMPLES = 1
const PAYLOAD_BYTES = 160
/** What is on its way at any moment of an ordinary day: a third of a second's events. */
const LIVE_QUEUE = rate / 3

const clearAway = createClearAway()
clearAwayOnSignal(clearAway)
try {
  const log = createOutageLog()
  const rig = await startRig(
    {
      ...{ reply: values.reply, driver: values.driver, disk, clients: positive('clients', values.clients) },
      flags: disk ? ['--queue-disk-max-bytes=4GiB'] : [],
    },
    clearAway,
    log.onAcknowledged,
  )
  console.log(SAMPLE_HEAD)
  rig.devices.run(
    (id) => `${TOPIC}/${id}`,
    rate,
    (number) => String(number).padEnd(PAYLOAD_BYTES),
  )
  const caughtUp = await outage(rig, log)
  const count = await countAll(rig, caughtUp)
  const { text, broken } = outageText({ ...values, ...count, minutes, rate }, log.samples)
  console.log(`\n${text}`)
  writePart(values.out, 'outage', text)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  await clearAway.now()
}

async function outage(rig: Rig, log: OutageLog): Promise<CatchUp> {
  await samples(rig, log, LIVE_SAMPLES)
  await rig.kafka.kill()
  log.phase = 'outage'
  await samples(rig, log, Math.max(1, Math.round((minutes * 60_000) / SAMPLE_MS)))
  await rig.kafka.restart()
  log.phase = 'catching up'
  const caughtUp = await watchCatchUp(rig.present, LIVE_QUEUE)
  await log.take(rig.present, rig.diskPath)
  log.phase = 'live again'
  await samples(rig, log, CALM_SAMPLES)
  await rig.devices.halt()
  return caughtUp
}

async function samples(rig: Rig, log: OutageLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await sleep(SAMPLE_MS)
    await log.take(rig.present, rig.diskPath)
  }
}

async function countAll(rig: Rig, caughtUp: CatchUp): Promise<OutageCount> {
  for (let i = 0; i < 600 && rig.present.last.ledger.queued > 0; i++) {
    await sleep(100)
    await rig.present.look()
  }
  const records = await consumeAll(rig.kafka.bootstrap, [TOPIC], { timeoutMs: 5 * 60_000 })
  const { calls } = rig.log
  return {
    caughtUp,
    calls: calls.length,
    rejected: calls.filter(({ rejected }) => rejected).length,
    unhooked: calls.filter(({ outcome }) => outcome !== 'succeeded').length,
    inKafka: compare(records, calls),
    life: rig.present,
  }
}
