import { AggregatorRegistry } from 'prom-client'
import { createLedger, type LedgerSnapshot } from '../telemetry/ledger.ts'
import type { MetricValues } from '../telemetry/metrics.ts'

/** What never becomes less, of metrics: it stays when their worker has died. */
export const lastingOf = (metrics: MetricValues): MetricValues =>
  metrics.filter(({ type }) => LASTING.has(String(type)))

const LASTING: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary'])

/** Metrics of several processes as one, each as its `aggregator` says. */
export const summed = (all: readonly MetricValues[]): ReturnType<typeof AggregatorRegistry.aggregate> =>
  AggregatorRegistry.aggregate(all.map((metrics) => [...metrics]))

/** Accounts as one. None: an empty one. */
export function sumOfLedgers(some: readonly LedgerSnapshot[]): LedgerSnapshot {
  const all = [createLedger({ queuedRecords: () => 0 }).snapshot(), ...some]
  const sum = (of: (one: LedgerSnapshot) => number) => all.reduce((total, one) => total + of(one), 0)
  const sums = <K extends string>(
    of: (one: LedgerSnapshot) => Readonly<Record<K, number>>,
  ): Readonly<Record<K, number>> => {
    const total: Partial<Record<K, number>> = {}
    for (const one of all) {
      for (const [name, count] of Object.entries(of(one)) as [K, number][])
        total[name] = (total[name] ?? 0) + count
    }
    return total as Record<K, number>
  }
  return {
    calls: sum(({ calls }) => calls),
    matched: sum(({ matched }) => matched),
    unmatched: sum(({ unmatched }) => unmatched),
    refused: sums(({ refused }) => refused),
    records: sum(({ records }) => records),
    recovered: sum(({ recovered }) => recovered),
    delivered: sum(({ delivered }) => delivered),
    deadLettered: sums(({ deadLettered }) => deadLettered),
    dropped: sums(({ dropped }) => dropped),
    queued: sum(({ queued }) => queued),
    rejectedButSent: sum(({ rejectedButSent }) => rejectedButSent),
  }
}
