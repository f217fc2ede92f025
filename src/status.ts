import { formatMistake } from './config/config-error.ts'
import type { DiskLog } from './disk/disk-log.ts'
import { troubleText } from './emqx/hook-keeper.ts'
import type { HooksState } from './emqx/hooks-part.ts'
import type { PreflightState } from './preflight/preflight.ts'
import { type ReadinessDeps, readinessNow } from './readiness.ts'
import type { RulesStatus } from './reload/rule-reload.ts'
import type { RuleSet } from './rules/rule-set.ts'
import { balances, type LedgerSnapshot } from './telemetry/ledger.ts'
import type { RuleCounts } from './telemetry/rule-counts.ts'

export interface StatusDeps extends ReadinessDeps {
  readonly version: string
  readonly startedAtMs: number
  readonly ledger: LedgerSnapshot
  readonly ruleSet: RuleSet
  readonly counts: RuleCounts
}

/** Everything at this moment, to be written as JSON: `/status`. Names and numbers, nothing of an event. */
export function statusNow(deps: StatusDeps): object {
  const { ready, parts } = readinessNow(deps)
  return {
    version: deps.version,
    started: time(deps.startedAtMs),
    now: time(Date.now()),
    ready,
    parts,
    ledger: ledgerStatus(deps.ledger),
    queue: queueStatus(deps),
    disk: deps.disk === null ? null : diskStatus(deps.disk),
    rules: rulesStatus(deps.rules, deps.ruleSet, deps.counts),
    topics: topicsStatus(deps.preflight.current),
    emqx: emqxStatus(deps.emqx),
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

export const ledgerStatus = (snapshot: LedgerSnapshot) => ({
  balances: balances(snapshot),
  calls: snapshot.calls,
  matched: snapshot.matched,
  unmatched: snapshot.unmatched,
  refused: snapshot.refused,
  records: snapshot.records,
  recovered: snapshot.recovered,
  delivered: snapshot.delivered,
  dead_lettered: snapshot.deadLettered,
  dropped: snapshot.dropped,
  queued: snapshot.queued,
  rejected_but_sent: snapshot.rejectedButSent,
})

function queueStatus({ queue, delivery }: StatusDeps) {
  const sending = new Map(delivery.lanes().map((lane) => [lane.topic, lane]))
  return {
    records: queue.records,
    bytes: queue.bytes,
    memory_records: queue.memoryRecords,
    memory_bytes: queue.memoryBytes,
    waiters: queue.waiters,
    waiter_bytes: queue.waiterBytes,
    awaited: queue.awaited,
    breaker_open: queue.breakerOpen,
    disk_breaker_open: queue.diskBreakerOpen,
    lanes: Array.from(queue.lanes(), (lane) => {
      const { state = 'idle', failure = null } = sending.get(lane.topic) ?? {}
      return {
        topic: lane.topic,
        state,
        failure: failure && { kind: failure.kind, code: failure.code, message: failure.message },
        records: lane.records,
        bytes: lane.bytes,
        waiting_records: lane.waitingRecords,
        waiting_bytes: lane.waitingBytes,
        healthy: lane.healthy,
        breaker_open: lane.breakerOpen,
      }
    }),
  }
}

const diskStatus = ({ state, fileBytes, spentBytes, unsyncedBytes, damagedFiles }: DiskLog) => ({
  state: state.name,
  detail: state.detail,
  file_bytes: fileBytes,
  spent_bytes: spentBytes,
  unsynced_bytes: unsyncedBytes,
  damaged_files: damagedFiles,
})

const rulesStatus = (status: RulesStatus, { rules }: RuleSet, counts: RuleCounts) => ({
  in_force_since: time(status.loadedAtMs),
  mistakes: status.mistakes.map(formatMistake),
  reloads: status.results,
  rules: rules.map(({ name, hooks, topic, format }) => ({ name, hooks, topic, format, ...counts.of(name) })),
})

const topicsStatus = ({ looked, failure, topics }: PreflightState) => ({
  looked,
  failure: failure && { kind: failure.kind, code: failure.code, message: failure.message },
  topics: topics.map(({ topic, partitions, ready, maxMessageBytes, problem }) => ({
    topic,
    partitions,
    ready,
    max_message_bytes: maxMessageBytes,
    problem: problem && { kind: problem.kind, text: problem.text, fix: problem.fix },
  })),
})

const emqxStatus = ({ nodes, fix, trouble }: HooksState) => ({
  nodes: nodes.map(({ node, state, losesEvents, why, differences }) => ({
    node,
    state,
    why,
    loses_events: losesEvents,
    differences: differences.map(({ hook, what }) => ({ hook, what })),
  })),
  fix: nodes.some(({ losesEvents }) => losesEvents) ? fix : '',
  trouble: trouble && troubleText(trouble),
})
