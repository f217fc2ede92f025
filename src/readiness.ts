import { type Readiness, type ReadinessPart, readinessOf } from './admin/readiness.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { DiskLog } from './disk/disk-log.ts'
import { type HooksState, hooksPart } from './emqx/hooks-part.ts'
import type { Preflight } from './preflight/preflight.ts'
import { topicsPart } from './preflight/topics-part.ts'
import type { BoundedQueue } from './queue/bounded-queue.ts'
import type { RulesStatus } from './reload/rule-reload.ts'
import { rulesPart } from './reload/rules-part.ts'
import { certificatePart } from './tls/certificate-part.ts'
import type { CertificateStatus } from './tls/certificate-reload.ts'

export interface ReadinessDeps {
  readonly queue: BoundedQueue
  readonly delivery: Delivery
  /** null: there is none. */
  readonly disk: DiskLog | null
  readonly preflight: Preflight
  readonly rules: RulesStatus
  readonly emqx: HooksState
  /** Default: the hook port speaks plain text. */
  readonly tls?: CertificateStatus | null
  readonly draining: boolean
}

/** What works now and what does not, part by part. */
export function readinessNow(deps: ReadinessDeps): Readiness {
  const { queue, delivery, preflight, disk, draining } = deps
  const { state, sinceMs, failure } = delivery.cluster
  // A lane without records is refused nothing any more; the topics of the rules are looked at beside it.
  const held = new Set([...queue.lanes()].filter((lane) => lane.records > 0).map((lane) => lane.topic))
  const refused = delivery.lanes().filter((lane) => lane.state === 'quarantined' && held.has(lane.topic))
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
    ...(disk === null ? [] : [diskPart(disk, queue)]),
    rulesPart(deps.rules),
    hooksPart(deps.emqx),
    ...(deps.tls ? [certificatePart(deps.tls, Date.now())] : []),
    { name: 'process', ok: !draining, detail: draining ? 'draining' : 'running' },
  ])
}

function diskPart({ state, fileBytes, damagedFiles }: DiskLog, queue: BoundedQueue): ReadinessPart {
  const damage =
    damagedFiles === 0 ? '' : `; damaged files, of which copies are kept: ${damagedFiles}, see the log`
  const stuck = queue.diskBreakerOpen ? '; no call waits any more, as the disk makes no progress' : ''
  const detail = state.name === 'ok' ? `${fileBytes} bytes in files` : `${state.name}: ${state.detail}`
  return {
    name: 'disk',
    ok: state.name === 'ok' && damagedFiles === 0 && !queue.diskBreakerOpen,
    detail: `${detail}${stuck}${damage}`,
  }
}

function stuckText(all: boolean, topics: readonly string[]): string {
  if (all) return '; no call waits any more, as Kafka makes no progress'
  return topics.length === 0 ? '' : `; no call waits any more for ${topics.join(', ')}`
}
