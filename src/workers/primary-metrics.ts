import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { GuardRefusal } from '../admin/guard.ts'
import { createHttpMetrics } from '../telemetry/http-metrics.ts'
import type { Account, MetricValues } from '../telemetry/metrics.ts'
import type { Member } from './member.ts'
import { lastingOf, summed } from './sums.ts'

/** All metrics of a program of several processes: the workers' as one, and what the primary alone knows. */
export interface PrimaryMetrics {
  httpRefused(reason: GuardRefusal): void
  /** A worker has died; null: it has told nothing yet. */
  died(index: number, account: Account | null): void
  /** Records that dead workers had in their queues, as of their last words. */
  readonly left: number
  scrape(
    members: readonly Member[],
    live: readonly MetricValues[],
  ): Promise<{ readonly contentType: string; readonly body: string }>
}

/** What the primary takes at most: HTTP, and what the workers tell. */
const PRIMARY_BYTES = 256 * 1024 * 1024

export function createPrimaryMetrics(): PrimaryMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const httpRefused = createHttpMetrics(registry)
  const restarts = new Counter({
    name: 'exhook_worker_restarts_total',
    help: 'Workers that died by themselves, by the number of the worker; another one took the place of each.',
    labelNames: ['worker'],
    registers,
  })
  const left = new Counter({
    name: 'exhook_records_left_total',
    help: 'Records that workers which died had in their queues, as of their last words (one each second). Those on disk are recovered by their successors, the others are lost.',
    registers,
  })
  const up = new Gauge({
    name: 'exhook_worker_up',
    help: '1 while the worker takes hook calls.',
    labelNames: ['worker'],
    registers,
  })
  const connections = new Gauge({
    name: 'exhook_worker_connections',
    help: 'gRPC connections that a worker was given and that are open.',
    labelNames: ['worker'],
    registers,
  })
  new Gauge({
    name: 'exhook_memory_bound_bytes',
    help: 'The most that process_resident_memory_bytes may be with this configuration.',
    registers,
  }).set(PRIMARY_BYTES)
  /** What dead workers did in their lives. */
  let past: MetricValues = []
  let leftRecords = 0

  return {
    httpRefused,
    get left() {
      return leftRecords
    },
    died(index, account) {
      restarts.inc({ worker: index })
      if (account === null) return
      leftRecords += account.ledger.queued
      left.inc(account.ledger.queued)
      past = [...past, ...lastingOf(account.metrics)]
    },
    async scrape(members, live) {
      for (const { index, up: isUp, connections: open, restarts: count } of members) {
        up.set({ worker: index }, isUp ? 1 : 0)
        connections.set({ worker: index }, open)
        if (count === 0) restarts.inc({ worker: index }, 0)
      }
      // One set of them, however many have died.
      past = await summed([past]).getMetricsAsJSON()
      // The workers' first: what each metric is, is theirs to say.
      const all = summed([...live, past, await registry.getMetricsAsJSON()])
      return { contentType: all.contentType, body: await all.metrics() }
    },
  }
}
