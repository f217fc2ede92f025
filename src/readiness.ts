import { type Readiness, readinessOf } from './admin/readiness.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { Preflight } from './preflight/preflight.ts'
import { topicsPart } from './preflight/topics-part.ts'
import type { BoundedQueue } from './queue/bounded-queue.ts'

export interface ReadinessDeps {
  readonly queue: BoundedQueue
  readonly delivery: Delivery
  readonly preflight: Preflight
  readonly draining: boolean
}

/** What works now and what does not, part by part. */
export function readinessNow({ queue, delivery, preflight, draining }: ReadinessDeps): Readiness {
  const { state, sinceMs, failure } = delivery.cluster
  const refused = delivery.lanes().filter((lane) => lane.state === 'quarantined')
  const stuck = [...queue.lanes()].filter((lane) => lane.breakerOpen).map((lane) => lane.topic)
  const seconds = Math.round((Date.now() - sinceMs) / 1000)
  return readinessOf([
    {
      name: 'kafka',
      ok: state === 'up',
      detail:
        state === 'up'
          ? 'connected'
          : `not connected since ${seconds} s: ${failure?.message ?? 'the first try is under way'}`,
    },
    topicsPart(refused, preflight.current),
    {
      name: 'queue',
      ok: !queue.breakerOpen && stuck.length === 0,
      detail: `${queue.records} records, ${queue.bytes} bytes, ${queue.waiters + queue.awaited} calls wait${stuckText(queue.breakerOpen, stuck)}`,
    },
    { name: 'process', ok: !draining, detail: draining ? 'draining' : 'running' },
  ])
}

function stuckText(all: boolean, topics: readonly string[]): string {
  if (all) return '; no call waits any more, as Kafka makes no progress'
  return topics.length === 0 ? '' : `; no call waits any more for ${topics.join(', ')}`
}
