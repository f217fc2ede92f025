import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { loadContract } from '../../../src/events/contract.ts'
import { CONNECTION_REFUSALS } from '../../../src/exhook/connection-refusals.ts'
import { createHookClient, type HookClient } from '../hook-client.ts'
import { type ProviderProcess, type ProviderScrape, scrape } from '../provider.ts'
import type { Attack } from './attack.ts'
import type { AttackResult } from './attacker.ts'

/** What was seen from outside in a stretch of time. */
export interface FloodPhase {
  /** The most memory that the provider had in RAM, in MiB. */
  readonly rssMib: number
  /** p99 of the provider's event-loop delay, in ms, as it tells it. */
  readonly loopMs: number
  /** The EMQX-like client: its calls, those that were not answered OK, and the p99 of the answers in ms. */
  readonly calls: number
  readonly failed: number
  readonly p99Ms: number
}

export interface FloodResult {
  readonly attack: AttackResult
  readonly before: FloodPhase
  readonly during: FloodPhase
  /** Some seconds after the attack. */
  readonly after: FloodPhase
  /** Connections that the provider refused or closed meanwhile, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

export interface FloodTimes {
  readonly beforeMs: number
  readonly attackMs: number
  /** What the provider is given to become as it was. */
  readonly restMs: number
}

const run = promisify(execFile)
const ATTACKER = join(import.meta.dirname, 'attacker-process.ts')
const MIB = 1024 * 1024
const contract = loadContract()

/** Two connections, a call every 5 ms on each, as of devices that publish: every one of them is to be answered. */
const CONNECTIONS = 2
const EVERY_MS = 5
const REQUEST = { message: { node: 'emqx@127.0.0.1', id: '1', qos: 1, from: 'd', topic: 'elsewhere/1' } }

/** Attacks the provider while an EMQX-like client goes on calling it on connections of its own. */
export async function flood(
  provider: ProviderProcess,
  attack: Attack,
  times: FloodTimes,
): Promise<FloodResult> {
  const client = createHookClient({ port: provider.grpcPort, connections: CONNECTIONS, contract })
  await client.connected()
  try {
    const calm = await scrape(provider)
    const before = await phase(provider, client, sleep(times.beforeMs))
    const args = [ATTACKER, attack.name, String(provider.grpcPort), String(times.attackMs)]
    const attacker = run(process.execPath, args)
    const during = await phase(provider, client, attacker)
    const result = JSON.parse((await attacker).stdout) as AttackResult
    await phase(provider, client, sleep(times.restMs))
    const after = await phase(provider, client, sleep(times.beforeMs))
    return { attack: result, before, during, after, refused: refusedSince(calm, await scrape(provider)) }
  } finally {
    client.close()
  }
}

async function phase(
  provider: ProviderProcess,
  client: HookClient,
  until: Promise<unknown>,
): Promise<FloodPhase> {
  // Each scrape begins the measurement of the delay anew.
  await scrape(provider)
  let over = false
  let rss = 0
  const answers: { ok: boolean; ms: number }[] = []
  async function call(): Promise<void> {
    const from = performance.now()
    const { status } = await client.call('OnMessagePublish', REQUEST)
    answers.push({ ok: status === 0, ms: performance.now() - from })
  }
  const callers = Array.from({ length: CONNECTIONS }, async () => {
    while (!over) {
      await Promise.all([call(), sleep(EVERY_MS)])
    }
  })
  const watch = (async () => {
    while (!over) {
      rss = Math.max(rss, residentBytes(provider.pid))
      await sleep(50)
    }
  })()
  await until
  over = true
  await Promise.all([...callers, watch])
  const loop = (await scrape(provider)).value('nodejs_eventloop_lag_p99_seconds')
  const ms = answers.map((answer) => answer.ms).toSorted((a, b) => a - b)
  return {
    rssMib: rss / MIB,
    loopMs: loop * 1000,
    calls: answers.length,
    failed: answers.filter(({ ok }) => !ok).length,
    p99Ms: ms[Math.floor(ms.length * 0.99)] ?? Number.NaN,
  }
}

/** Memory in RAM, as Linux tells it. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

export const REFUSED = 'exhook_grpc_connections_refused_total'

const refusedSince = (earlier: ProviderScrape, now: ProviderScrape): Record<string, number> =>
  Object.fromEntries(
    CONNECTION_REFUSALS.map((reason) => [reason, `reason="${reason}"`] as const)
      .map(([reason, label]) => [reason, now.value(REFUSED, label) - earlier.value(REFUSED, label)] as const)
      .filter(([, count]) => count > 0),
  )
