import { setImmediate as nextTurn } from 'node:timers/promises'

/** The longest turn of an event loop, in ms. */
export interface LongestTurn {
  /** What its thread worked in it, whatever else the machine did. */
  readonly cpuMs: number
  readonly clockMs: number
}

export interface TurnMeter {
  stop(): Promise<LongestTurn>
}

/** Measures the turns of this thread's event loop from now on. It keeps the loop busy. */
export async function createTurnMeter(): Promise<TurnMeter> {
  let running = true
  let cpuMs = 0
  let clockMs = 0
  await nextTurn()
  const measuring = measure()

  async function measure(): Promise<void> {
    let before = { cpu: threadCpuMs(), clock: performance.now() }
    while (running) {
      await nextTurn()
      const now = { cpu: threadCpuMs(), clock: performance.now() }
      cpuMs = Math.max(cpuMs, now.cpu - before.cpu)
      clockMs = Math.max(clockMs, now.clock - before.clock)
      before = now
    }
  }

  return {
    async stop() {
      await nextTurn()
      running = false
      await measuring
      return { cpuMs, clockMs }
    },
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
