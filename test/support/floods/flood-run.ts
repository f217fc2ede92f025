import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadContract } from '../../../src/events/contract.ts'
import { CONNECTION_REFUSALS } from '../../../src/exhook/connection-refusals.ts'
import { guardChild } from '../child-guard.ts'
import { createHookClient, type HookClient } from '../hook-client.ts'
import { type ProviderProcess, type ProviderScrape, scrape } from '../provider.ts'
import type { Attack } from './attack.ts'
import type { AttackResult } from './attacker.ts'

/** What was seen from outside in a stretch of time. */
export interface FloodPhase {
  /** The most memory that the provider had in RAM, in MiB. */
  readonly rssMib: number
  /** The worst p99 of the provider's event-loop delay over some 300 ms, in ms, as it tells it. */
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
  /** At least; an attack goes on until the client has called often enough and, where that is to be, a
   * connection was cut; or for `mostMs`. */
  readonly attackMs: number
  readonly mostMs: number
  /** What the provider is given to become as it was. */
  readonly restMs: number
}

const ATTACKER = join(import.meta.dirname, 'attacker-process.ts')
const MIB = 1024 * 1024
const contract = loadContract()

/** Two connections, a call every 5 ms on each, as of devices that publish: every one of them is to be answered. */
const CONNECTIONS = 2
const EVERY_MS = 5
const MEASURE_EVERY_MS = 300
/** Fewer say nothing. */
const FEWEST_CALLS = 20
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
    const before = await phase(provider, client, () => sleep(times.beforeMs))
    const attacker = startAttacker(attack.name, provider.grpcPort)
    const during = await phase(provider, client, async (now) => {
      await attacker.has('opened')
      const from = performance.now()
      const pastMs = () => performance.now() - from
      const cutFor = attack.mayStay ? undefined : attack.cutFor
      const isOver = () =>
        now().calls > FEWEST_CALLS && (cutFor === undefined || cutFor in refusedSince(calm, now().scrape))
      while (pastMs() < times.attackMs || (!isOver() && pastMs() < times.mostMs)) await sleep(20)
      if (cutFor !== undefined && isOver()) await attacker.has('closed')
    })
    const result = await attacker.end()
    await phase(provider, client, () => sleep(times.restMs))
    const after = await phase(provider, client, () => sleep(times.beforeMs))
    return { attack: result, before, during, after, refused: refusedSince(calm, await scrape(provider)) }
  } finally {
    client.close()
  }
}

interface Attacker {
  /** Resolves when its first connection is open, or closed. */
  has(what: 'opened' | 'closed'): Promise<unknown>
  end(): Promise<AttackResult>
}

function startAttacker(name: string, port: number): Attacker {
  const child = spawn(process.execPath, [ATTACKER, name, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  guardChild(child)
  const lines = createInterface(child.stdout)
  const line = (text: string) =>
    new Promise<string>((resolve) => lines.on('line', (it) => it.includes(text) && resolve(it)))
  const seen = { opened: line('"opened"'), closed: line('"closed"') }
  const result = line('{')
  return {
    has: (what) => seen[what],
    async end() {
      child.stdin.end()
      return JSON.parse(await result) as AttackResult
    },
  }
}

/** Calls and measures until `until` is over, which is told how it stands. */
async function phase(
  provider: ProviderProcess,
  client: HookClient,
  until: (now: () => { readonly scrape: ProviderScrape; readonly calls: number }) => Promise<unknown>,
): Promise<FloodPhase> {
  // Each scrape begins the measurement of the delay anew.
  let latest = await scrape(provider)
  let over = false
  let rss = 0
  let loop = 0
  const answers: { ok: boolean; ms: number }[] = []
  async function call(): Promise<void> {
    const from = performance.now()
    const { status } = await client.call('OnMessagePublish', REQUEST)
    answers.push({ ok: status === 0, ms: performance.now() - from })
  }
  async function measure(): Promise<void> {
    latest = await scrape(provider)
    loop = Math.max(loop, latest.value('nodejs_eventloop_lag_p99_seconds'))
    rss = Math.max(rss, residentBytes(provider.pid))
  }
  const callers = Array.from({ length: CONNECTIONS }, async () => {
    while (!over) await Promise.all([call(), sleep(EVERY_MS)])
  })
  const watch = (async () => {
    while (!over) await Promise.all([measure(), sleep(MEASURE_EVERY_MS)])
  })()
  await until(() => ({ scrape: latest, calls: answers.length }))
  over = true
  await Promise.all([...callers, watch])
  await measure()
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

export const REFUSED = 'exhook_connections_refused_total'

const refusedSince = (earlier: ProviderScrape, now: ProviderScrape): Record<string, number> =>
  Object.fromEntries(
    CONNECTION_REFUSALS.map((reason) => [reason, `reason="${reason}"`] as const)
      .map(([reason, label]) => [reason, now.value(REFUSED, label) - earlier.value(REFUSED, label)] as const)
      .filter(([, count]) => count > 0),
  )
