/**
 * Hook calls at a fixed rate, in a process of its own: each is sent when it is due, whether the ones before it were
 * answered or not, and its latency counts from then (so a server that stalls is not asked less). Prints a line of JSON when
 * the measured part begins, one when it ends, and one with the result. Arguments: port, topic prefix, events a second,
 * seconds to warm up, seconds to measure.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openCheapConnection } from './cheap-http2.ts'
import { createFrames, PATH } from './hook-call.ts'
import { percentile } from './statistics.ts'

export interface OpenLoopResult {
  /** Calls sent in the measured part, all of them answered when `failed` is 0. */
  readonly measured: number
  /** Of all calls. */
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How late this process itself sent; it is part of the above. */
  readonly lateP99Ms: number
}

const CONNECTIONS = 8
const CLIENTS = 400

const [port, prefix, rate, warmUp, seconds] = process.argv.slice(2)
const everyMs = 1000 / Number(rate)
const connections = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => openCheapConnection(Number(port), PATH)),
)
const clients = Array.from({ length: CLIENTS }, (_, i) =>
  createFrames(`bench-${i}`, `${prefix}/bench-${i}/state`),
)
const latencies: number[] = []
const lateness: number[] = []
let open = 0
let sent = 0
let failed = 0

await sendFor(Number(warmUp) * 1000, false)
console.log(JSON.stringify({ phase: 'begin' }))
const measured = await sendFor(Number(seconds) * 1000, true)
console.log(JSON.stringify({ phase: 'end' }))
while (open > 0) await sleep(10)
for (const connection of connections) connection.close()
const sorted = Float64Array.from(latencies).sort()
const result: OpenLoopResult = {
  measured,
  failed,
  p50Ms: percentile(sorted, 0.5),
  p99Ms: percentile(sorted, 0.99),
  lateP99Ms: percentile(Float64Array.from(lateness).sort(), 0.99),
}
console.log(JSON.stringify(result))

/** Sends what is due until the time is over; returns how many. */
async function sendFor(ms: number, counts: boolean): Promise<number> {
  const start = performance.now()
  const total = Math.round(ms / everyMs)
  for (let i = 0; i < total; ) {
    const now = performance.now()
    for (; i < total && start + i * everyMs <= now; i++) {
      if (counts) lateness.push(now - start - i * everyMs)
      send(start + i * everyMs, counts)
    }
    for (const connection of connections) connection.flush()
    await sleep(1)
  }
  return total
}

function send(due: number, counts: boolean): void {
  const number = sent++
  // A client is always on the same connection, as with EMQX.
  const connection = connections[(number % CLIENTS) % CONNECTIONS]
  const frameOf = clients[number % CLIENTS]
  if (connection === undefined || frameOf === undefined) return
  open++
  connection.call(frameOf(Math.floor(number / CLIENTS)), (answered) => {
    open--
    if (counts) latencies.push(performance.now() - due)
    if (!answered) failed++
  })
}
