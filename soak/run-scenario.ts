import { setTimeout as sleep } from 'node:timers/promises'
import { createLatencies } from '../demo/latencies.ts'
import { type Comparison, compare } from '../test/support/compare.ts'
import { consumeAll } from '../test/support/kafka/consume.ts'
import type { ClearAway } from './clear-away.ts'
import type { Life } from './life.ts'
import { type Rig, startRig, TOPIC } from './rig.ts'
import type { Scenario } from './scenario.ts'

export interface RunOptions {
  /** How long is published; longer when the fault lasts longer. The fault comes at one third. */
  readonly seconds: number
  /** Messages a second of all clients together. */
  readonly rate: number
  readonly clients: number
}

/** What was counted in one scenario. */
export interface Outcome {
  readonly scenario: Scenario
  /** Hook calls about messages: those answered, of these those rejected, and those that failed or timed out. */
  readonly calls: number
  readonly answered: number
  readonly rejected: number
  readonly unhooked: number
  readonly inKafka: Comparison
  /** The same for the calls of the first life alone. */
  readonly firstLife: Comparison
  readonly lives: readonly Life[]
  /** Replies before the fault, in ms, and the longest of all. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** What was lost was answered no longer before the provider's end than this, in ms; 0: nothing was lost. */
  readonly oldestLostMs: number
  /** Whether the queue was empty in time after the last message. */
  readonly drained: boolean
}

/** How long goes on after the fault is mended, at least. */
const CALM_MS = 3000
const DRAINED_WITHIN_MS = 60_000

/** One scenario from the start of Kafka to the count of what is in it. */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  clearAway: ClearAway,
): Promise<Outcome> {
  const { fault, reply, driver, queue } = scenario
  const rig = await startRig(
    { reply, driver, disk: queue === 'disk', flags: fault.flags, clients: options.clients },
    clearAway,
  )
  const start = performance.now()
  rig.devices.run((id) => `${TOPIC}/${id}`, options.rate)
  await sleep((options.seconds * 1000) / 3)
  const faultAt = performance.now()
  await fault.inflict(rig)
  const restMs = start + options.seconds * 1000 - performance.now()
  await sleep(Math.max(restMs, CALM_MS))
  await rig.devices.halt()
  const drained = await isDrained(rig)
  return { ...(await count(rig, { from: (start + faultAt) / 2, to: faultAt })), scenario, drained }
}

async function isDrained(rig: Rig): Promise<boolean> {
  const { present } = rig
  for (const start = performance.now(); performance.now() - start < DRAINED_WITHIN_MS; await sleep(50)) {
    if (present.exitCode !== undefined) return false
    if ((await present.look()).ledger.queued === 0) return true
  }
  return false
}

/** `quiet`: the time before the fault when everything has warmed up. */
async function count(
  rig: Rig,
  quiet: { readonly from: number; readonly to: number },
): Promise<Omit<Outcome, 'scenario' | 'drained'>> {
  const { lives, log } = rig
  const { calls } = log
  const records = await consumeAll(rig.kafka.bootstrap, [TOPIC], { timeoutMs: 60_000 })
  const lifeOf = ({ startedAt }: { startedAt: number }) =>
    lives.findIndex(({ endedAt }) => startedAt < endedAt)
  const inKafka = compare(records, calls, lifeOf)
  const before = createLatencies()
  for (const { startedAt, ms } of calls) {
    if (startedAt > quiet.from && startedAt + ms < quiet.to) before.add(ms)
  }
  const answered = calls.filter(({ outcome }) => outcome === 'succeeded')
  const end = lives[0]?.endedAt ?? 0
  return {
    calls: calls.length,
    answered: answered.length,
    rejected: answered.filter(({ rejected }) => rejected).length,
    unhooked: calls.length - answered.length,
    inKafka,
    firstLife: compare(
      records,
      calls.filter((call) => lifeOf(call) === 0),
    ),
    lives,
    p50Ms: before.percentile(50),
    p99Ms: before.percentile(99),
    longestMs: calls.reduce((longest, { ms }) => Math.max(longest, ms), 0),
    oldestLostMs: inKafka.missing.reduce(
      (oldest, { startedAt, ms }) => Math.max(oldest, end - startedAt - ms),
      0,
    ),
  }
}
