/**
 * Loaded into a Node server before its own code (`node --import`), whatever the server is: tells the bench over Node's IPC
 * channel what the garbage collector and the event loop did in a span of time, and profiles that span when asked to.
 */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'

/** What the bench says. A span ends with an answer. */
export type ProbeOrder =
  | { readonly probe: 'begin'; readonly profile: boolean }
  | { readonly probe: 'end'; readonly profileTo: string | null }

/** What the server's process did in a span. */
export interface RuntimeSpan {
  /** How long it was. */
  readonly seconds: number
  /** Pauses of the garbage collector, in ms (perf_hooks, entries of type gc). */
  readonly gcCount: number
  readonly gcMs: number
  readonly gcMaxMs: number
  /** How late a timer of 10 ms fired, in ms (perf_hooks, monitorEventLoopDelay). */
  readonly loopP99Ms: number
  readonly loopMaxMs: number
}

const TIMER_MS = 10
const PROFILE_EVERY_MICROSECONDS = 500

const delay = monitorEventLoopDelay({ resolution: TIMER_MS })
let pauses: number[] = []
let began = 0
const collector = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pauses.push(duration)
})
let session: Session | undefined

process.on('message', (order: ProbeOrder) => void (order.probe === 'begin' ? begin(order) : end(order)))
process.channel?.unref() // the bench's interest alone must not keep the server alive

async function begin({ profile }: Extract<ProbeOrder, { probe: 'begin' }>): Promise<void> {
  pauses = []
  began = performance.now()
  collector.observe({ entryTypes: ['gc'] })
  delay.enable()
  delay.reset()
  if (!profile) return
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: PROFILE_EVERY_MICROSECONDS })
  await session.post('Profiler.start')
}

async function end({ profileTo }: Extract<ProbeOrder, { probe: 'end' }>): Promise<void> {
  for (const { duration } of collector.takeRecords()) pauses.push(duration)
  collector.disconnect()
  delay.disable()
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - TIMER_MS)
  const span: RuntimeSpan = {
    seconds: (performance.now() - began) / 1000,
    gcCount: pauses.length,
    gcMs: pauses.reduce((sum, ms) => sum + ms, 0),
    gcMaxMs: Math.max(0, ...pauses),
    loopP99Ms: late(delay.percentile(99)),
    loopMaxMs: late(delay.max),
  }
  if (session !== undefined && profileTo !== null) {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    session = undefined
    writeFileSync(profileTo, JSON.stringify(profile))
  }
  process.send?.({ span })
}
