/**
 * The load program for machines without Go: a LoadPlan on standard input, LoadLines on standard output. It behaves as
 * `test/peers/hook-load` does, for more CPU a call, and comes to the calls of an open loop up to some ms late.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTimeCounter } from '../measure/latency.ts'
import { type CheapConnection, openCheapConnection } from './cheap-http2.ts'
import type { LoadLine, LoadPlan } from './load-plan.ts'
import { connectionOf, createRequests } from './virtual-clients.ts'

/** How long the server has for what is in flight when the load is over. */
const PATIENCE_MS = 30_000

interface Client {
  readonly number: number
  readonly connection: CheapConnection
  step: number
  sequence: number
  busy: boolean
  /** When the calls were due that wait behind the one in flight. */
  readonly waiting: number[]
}

const plan = JSON.parse(await text(process.stdin)) as LoadPlan
const requests = createRequests(plan)
const connections = await Promise.all(
  Array.from({ length: plan.connections }, () => openCheapConnection(plan.port)),
)
const clients = Array.from(
  { length: plan.clients },
  (_, number): Client => ({
    number,
    connection: connections[
      connectionOf(`${plan.prefix}${String(number).padStart(6, '0')}`, plan.connections)
    ] as CheapConnection,
    step: number % plan.calls.length,
    sequence: 0,
    busy: false,
    waiting: [],
  }),
)
const latency = createTimeCounter()
const lateness = createTimeCounter()
let [sent, answered, failed, measured, inFlight] = [0, 0, 0, 0, 0]
let firstFailure = ''
/** Times are ms from here. */
const start = performance.now()
const time = (): number => performance.now() - start
const begin = plan.warmUpMs
const end = begin + plan.measureMs

const calling = plan.rate > 0 ? callWhenDue() : callAll()
await until(begin)
say({ phase: 'begin' })
const cpu = process.cpuUsage()
await until(end)
const { user, system } = process.cpuUsage(cpu)
say({ phase: 'end' })
await calling
for (const deadline = time() + PATIENCE_MS; inFlight > 0 && time() < deadline; ) await sleep(5)
for (const connection of connections) connection.close()
await sleep(5) // what was still open ends as failed
say({
  result: {
    ...{ sent, answered, failed, firstFailure, measured },
    seconds: plan.measureMs / 1000,
    latencyUs: latency.times(),
    lateUs: lateness.times(),
    cpuMicroseconds: user + system,
  },
})

async function callAll(): Promise<void> {
  for (const client of clients) call(client, time())
  flush()
}

/** The open loop: a call is due at its time whatever the server does, and its latency counts from then. */
async function callWhenDue(): Promise<void> {
  const everyMs = 1000 / plan.rate
  for (let i = 0; ; ) {
    const now = time()
    for (let due = i * everyMs; due <= now; due = ++i * everyMs) {
      if (due >= end) return flush()
      if (due >= begin) lateness.add((now - due) * 1000)
      const client = clients[i % clients.length] as Client
      if (client.busy) client.waiting.push(due)
      else call(client, due)
    }
    flush()
    await sleep(1)
  }
}

function call(client: Client, due: number): void {
  client.busy = true
  inFlight++
  sent++
  const { path, message } = requests(client)
  client.step = (client.step + 1) % plan.calls.length
  client.sequence++
  client.connection.call(path, message, (failure) => done(client, due, failure))
}

function done(client: Client, due: number, failure: string | null): void {
  const now = time()
  const open = plan.rate > 0
  inFlight--
  client.busy = false
  if (failure !== null) {
    failed++
    firstFailure ||= failure
  } else {
    answered++
    if (within(now)) measured++
    if (within(open ? due : now)) latency.add((now - due) * 1000)
  }
  const next = client.waiting.shift()
  if (next !== undefined) call(client, next)
  else if (!open && failure === null && now < end) call(client, now)
}

function until(at: number): Promise<void> {
  return sleep(Math.max(0, at - time()))
}

function within(at: number): boolean {
  return at >= begin && at < end
}

function flush(): void {
  for (const connection of connections) connection.flush()
}

function say(line: LoadLine): void {
  console.log(JSON.stringify(line))
}
