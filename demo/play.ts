import { randomBytes } from 'node:crypto'
import { createEmqxStandIn, type EmqxStandIn } from './emqx-stand-in/emqx-stand-in.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { createLatencies, type Latencies } from './latencies.ts'
import type { DemoOptions } from './options.ts'
import { playSmartLock, type SmartLockScenario } from './smart-lock-scenario.ts'

export interface PlayDeps {
  readonly providerUrl: string
  readonly scenario: SmartLockScenario
  /** How many records have arrived, and where, for the progress lines. */
  readonly arrived: { count(): number; readonly where: string }
  readonly say: (line: string) => void
  /** Takes what is to be closed, also when the demo is interrupted. */
  readonly atEnd: (close: () => Promise<unknown>) => void
}

/** What was played, still connected. */
export interface Played {
  readonly emqx: EmqxStandIn
  readonly fleet: Fleet
  /** From hook call to reply, as the stand-in saw them. */
  readonly replies: Latencies
}

/** The EMQX stand-in before the provider, the smart-lock scenario once, then the fleet for as long as was asked. */
export async function play(options: DemoOptions, deps: PlayDeps): Promise<Played> {
  const { say, atEnd, arrived } = deps
  const replies = createLatencies()
  const emqx = createEmqxStandIn(
    { provider: deps.providerUrl },
    { onHookCall: ({ ms, outcome }) => outcome === 'succeeded' && replies.add(ms) },
  )
  await emqx.start()
  atEnd(() => emqx.stop())
  const hooks = emqx.hooks.map(({ name, topics }) => `${name} (${topics.join(', ') || 'every topic'})`)
  say(`EMQX stand-in at ${emqx.url} has loaded the provider; it asked for ${hooks.join(' and ')}`)

  say('the smart lock of the EMQX 4.x example takes a command and tells its state')
  await playSmartLock(emqx.url, deps.scenario)

  const run = randomBytes(2).toString('hex') // tells this run's locks from an earlier run's in a Kafka that stays
  const fleet = createFleet({
    url: emqx.url,
    locks: options.locks,
    ratePerSecond: options.rate,
    prefix: `lock-${run}`,
  })
  atEnd(() => fleet.disconnect())
  await fleet.connect()
  say(`${options.locks} locks are connected: ${options.rate} messages a second for ${options.seconds} s`)

  let second = 0
  const progress = setInterval(() => {
    const { states, commands } = fleet.report
    const counts = [
      `published ${states + commands}`,
      `acknowledged ${fleet.acknowledged.size}`,
      `${arrived.where} ${arrived.count()}`,
    ]
    say(`${String(++second).padStart(4)} s   ${counts.join('   ')}`)
  }, 1_000)
  try {
    await fleet.run(options.seconds * 1_000)
  } finally {
    clearInterval(progress)
  }
  return { emqx, fleet, replies }
}
