import type { Arrivals } from './arrivals.ts'
import type { Played } from './play.ts'
import type { ProviderEnd } from './provider.ts'
import { differenceFrom, type SmartLockScenario } from './smart-lock-scenario.ts'

export interface SummaryInput {
  readonly played: Played
  readonly arrivals: Arrivals
  readonly scenario: SmartLockScenario
  /** `in Kafka`, or where else. */
  readonly where: string
  /** Missing while it is kept running. */
  readonly provider?: ProviderEnd
}

export interface Summary {
  readonly lines: readonly string[]
  /** Nothing lost, the scenario's records as they must be, and a provider that ended well. */
  readonly good: boolean
}

/** What the demo comes to. */
export function summarize({ played, arrivals, scenario, where, provider }: SummaryInput): Summary {
  const { fleet, emqx, replies } = played
  const { states, commands, failed } = fleet.report
  const lost = arrivals.missing(fleet.acknowledged).length
  const smartLock = compareSmartLock(scenario, arrivals)
  const { calls, failed: failedCalls, timedOut } = emqx.counters
  const rows: [string, string][] = [
    [
      'published',
      `${states + commands} (${states} states, ${commands} commands)${failed > 0 ? `, ${failed} failed` : ''}`,
    ],
    ['acknowledged', `${fleet.acknowledged.size}, over MQTT: ${fleet.latencies}`],
    [where, `${arrivals.count} (${arrivals.duplicates} twice, ${arrivals.outOfOrder} out of order)`],
    ['lost', String(lost)],
    ['hook replies', `${replies} (${calls} calls, ${failedCalls} failed, ${timedOut} timed out)`],
    ...smartLock.map(({ topic, difference }): [string, string] => [
      'smart lock',
      `${topic}: ${difference ?? 'the record is the expected one, byte for byte (but its time)'}`,
    ]),
  ]
  if (provider !== undefined) {
    rows.push([
      'provider',
      `exit code ${provider.exitCode} ${provider.ms.toFixed(0)} ms after SIGTERM: ${provider.said}`,
    ])
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  return {
    lines: rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    good:
      lost === 0 &&
      fleet.acknowledged.size > 0 &&
      smartLock.every(({ difference }) => difference === null) &&
      (provider === undefined || provider.exitCode === 0),
  }
}

/** Each expected record of the scenario, and how the one that came differs. */
export function compareSmartLock(scenario: SmartLockScenario, arrivals: Pick<Arrivals, 'latestOf'>) {
  return Object.entries(scenario.kafka).map(([topic, expected]) => ({
    topic,
    difference: differenceFrom(expected, arrivals.latestOf(String(expected.client_id), topic)),
  }))
}
