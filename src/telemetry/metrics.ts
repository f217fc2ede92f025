import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GuardRefusal } from '../admin/guard.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { DISK_STATES, type DiskLog } from '../disk/disk-log.ts'
import { CONNECTION_REFUSALS, type ConnectionRefusal } from '../exhook/connection-refusals.ts'
import type { RequestBudget } from '../exhook/request-budget.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { TopicState } from '../preflight/topic-state.ts'
import type { BoundedQueue } from '../queue/bounded-queue.ts'
import type { OfferOutcome } from '../queue/record-queue.ts'
import type { RuleErrorCode } from '../rules/surroundings.ts'
import type { CertificateStatus } from '../tls/certificate-reload.ts'
import { createHttpMetrics } from './http-metrics.ts'
import type { Ledger, LedgerSnapshot } from './ledger.ts'
import { createRuleMetrics, type RuleState } from './rule-metrics.ts'
import { createTlsMetrics } from './tls-metrics.ts'
import { createTopicMetrics } from './topic-metrics.ts'

/** Everything Prometheus can read of one process. With several, each metric says by its `aggregator` what becomes one of them. */
export interface Metrics {
  /** The queue has decided on an event, or a wait for Kafka has ended. */
  decided(outcome: OfferOutcome): void
  /** A hook call was answered after so many seconds. */
  replied(hook: HookPoint, seconds: number): void
  /** A gRPC connection was not taken, or was cut. */
  connectionRefused(reason: ConnectionRefusal): void
  kafkaFailed(failure: KafkaFailure): void
  /** Kafka has acknowledged all of a batch after so many seconds. */
  sent(seconds: number): void
  producerRenewed(): void
  /** Somebody was not let in to an HTTP page. */
  httpRefused(reason: GuardRefusal): void
  /** A rule could not do its work on an event. */
  ruleFailed(rule: string, code: RuleErrorCode): void
  handshakeMade(): void
  /** The text of one scrape; the ledger in it is of one moment. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>
  /** The same as values, to be summed with those of other processes, and the ledger that is in them. */
  collect(): Promise<Account>
}

/** What one process has done so far. */
export interface Account {
  readonly ledger: LedgerSnapshot
  readonly metrics: MetricValues
}

/** Metrics as prom-client gives and aggregates them. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export interface MetricsDeps {
  readonly ledger: Ledger
  readonly queue: BoundedQueue
  readonly requests: RequestBudget
  readonly delivery: Delivery
  /** Default: there is none. */
  readonly disk?: DiskLog | null
  /** What the preflight found of each Kafka topic. */
  readonly topics: () => readonly TopicState[]
  /** The rules in force, and what EMQX knows of them. */
  readonly rules: () => RuleState
  /** gRPC connections that are open. */
  readonly connections: () => number
  /** The certificates of the hook port. Default: there are none. */
  readonly tls?: () => CertificateStatus | null
  readonly version: string
  /** What the process takes at most. */
  readonly memoryBoundBytes: number
}

/** Kafka topics with labels of their own; the rest are folded into `other`. */
const MAX_TOPIC_LABELS = 100

/** Seconds; fine where replies should be, coarse up to EMQX's own timeout. */
const REPLY_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]

const OUTCOMES: readonly OfferOutcome[] = [
  'queued',
  'stored',
  'delivered',
  'late',
  'dropped',
  'rejected',
  'overloaded',
]
/** Seconds; Kafka's own pace, from a broker next door to one that is just not given up. */
const SEND_BUCKETS = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
  10, 30,
]

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const account = createAccountMetrics(registry)
  const state = createStateMetrics(registry)
  const disk = deps.disk ? createDiskMetrics(registry) : null
  const topics = createTopicMetrics(registry, MAX_TOPIC_LABELS)
  const rules = createRuleMetrics(registry)
  const tls = createTlsMetrics(registry)
  const registers = [registry]

  const replies = new Histogram({
    name: 'exhook_reply_seconds',
    help: 'Time from the arrival of a hook call to its reply, waits for room included, by hook point.',
    labelNames: ['hook'],
    buckets: REPLY_BUCKETS,
    registers,
  })
  const replyOf = new Map([...HOOKS.keys()].map((hook) => [hook, replies.labels({ hook })]))
  const outcomes = new Counter({
    name: 'exhook_replies_total',
    help: 'Answered events that matched a rule, by what the answer meant (queued, stored, delivered, late, dropped, rejected, overloaded).',
    labelNames: ['outcome'],
    registers,
  })
  const outcomeOf = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, outcomes.labels({ outcome })]))
  const sends = new Histogram({
    name: 'exhook_kafka_send_seconds',
    help: 'Time from the sending of a batch to the acknowledgement of all of it; attempts that failed are not in it.',
    buckets: SEND_BUCKETS,
    registers,
  })
  const errors = new Counter({
    name: 'exhook_kafka_errors_total',
    help: 'Failed attempts to send, by whose fault it was (kind) and by the error (code).',
    labelNames: ['kind', 'code'],
    registers,
  })
  const renewals = new Counter({
    name: 'exhook_kafka_producer_renewals_total',
    help: 'Producer ids replaced; records under way at such a moment may be in Kafka twice.',
    registers,
  })
  const ruleErrors = new Counter({
    name: 'exhook_rule_errors_total',
    help: 'Events with which a rule could not do its work: its condition could not be told, its template made no topic that it may write to, or no number of a partition.',
    labelNames: ['rule', 'code'],
    registers,
  })
  const connections = new Counter({
    name: 'exhook_connections_refused_total',
    help: 'gRPC connections that were not taken, or were cut, by reason.',
    labelNames: ['reason'],
    registers,
  })
  for (const reason of CONNECTION_REFUSALS) connections.inc({ reason }, 0)
  new Gauge({
    name: 'exhook_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    aggregator: 'first',
    registers,
  }).set({ version: deps.version }, 1)
  new Gauge({
    name: 'exhook_memory_bound_bytes',
    help: 'The most that process_resident_memory_bytes may be with this configuration.',
    registers,
  }).set(deps.memoryBoundBytes)

  function update(): LedgerSnapshot {
    const ledger = account(deps.ledger)
    if (deps.disk) disk?.(deps.disk, deps.queue)
    topics(deps.topics())
    rules(deps.rules())
    tls.set(deps.tls?.() ?? null)
    state(deps)
    return ledger
  }

  return {
    decided: (outcome) => outcomeOf[outcome]?.inc(),
    replied: (hook, seconds) => replyOf.get(hook)?.observe(seconds),
    connectionRefused: (reason) => connections.inc({ reason }),
    kafkaFailed: ({ kind, code }) => errors.inc({ kind, code }),
    sent: (seconds) => sends.observe(seconds),
    producerRenewed: () => renewals.inc(),
    ruleFailed: (rule, code) => ruleErrors.inc({ rule, code }),
    httpRefused: createHttpMetrics(registry),
    handshakeMade: tls.handshakeMade,
    async scrape() {
      update()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    async collect() {
      const ledger = update()
      return { ledger, metrics: await registry.getMetricsAsJSON() }
    },
  }
}

/** The ledger, set whole from one snapshot before each scrape. */
function createAccountMetrics(registry: Registry): (ledger: Ledger) => LedgerSnapshot {
  const registers = [registry]
  const counter = (name: string, help: string, label?: string) =>
    new Counter({ name, help, labelNames: label === undefined ? [] : [label], registers })
  const calls = counter('exhook_calls_total', 'Hook calls received; equals matched + unmatched + refused.')
  const matched = counter('exhook_calls_matched_total', 'Hook calls that matched at least one rule.')
  const unmatched = counter('exhook_calls_unmatched_total', 'Hook calls that matched no rule.')
  const refused = counter('exhook_calls_refused_total', 'Hook calls answered with a gRPC error.', 'reason')
  const records = counter(
    'exhook_records_total',
    'Records made by the rules; with those recovered, equals delivered + dead-lettered + dropped + exhook_queue_records.',
  )
  const recovered = counter('exhook_records_recovered_total', 'Records that an earlier run had left on disk.')
  const delivered = counter('exhook_records_delivered_total', 'Records acknowledged by Kafka.')
  const deadLettered = counter(
    'exhook_records_dead_lettered_total',
    'Records that Kafka refused and that are kept, in the dead-letter topic or in its file.',
    'place',
  )
  const dropped = counter('exhook_records_dropped_total', 'Records given up, by reason.', 'reason')
  const rejectedButSent = counter(
    'exhook_records_rejected_but_sent_total',
    'Records of rejected messages that were already under way to Kafka, or there; counted above as well.',
  )
  const queued = new Gauge({
    name: 'exhook_queue_records',
    help: 'Records in the queue, in flight included.',
    registers,
  })

  return (ledger) => {
    const now = ledger.snapshot()
    const set = (metric: Counter, value: number) => {
      metric.reset()
      metric.inc(value)
    }
    set(calls, now.calls)
    set(matched, now.matched)
    set(unmatched, now.unmatched)
    set(records, now.records)
    set(recovered, now.recovered)
    set(delivered, now.delivered)
    set(rejectedButSent, now.rejectedButSent)
    setEach(refused, 'reason', now.refused)
    setEach(deadLettered, 'place', now.deadLettered)
    setEach(dropped, 'reason', now.dropped)
    queued.set(now.queued)
    return now
  }
}

function setEach(metric: Counter, label: string, values: Readonly<Record<string, number>>): void {
  metric.reset()
  for (const [name, value] of Object.entries(values)) metric.inc({ [label]: name }, value)
}

/** The log of the queue, read at each scrape. */
function createDiskMetrics(registry: Registry): (disk: DiskLog, queue: BoundedQueue) => void {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const state = new Gauge({
    name: 'exhook_disk_state',
    help: '1 for the state that the disk of the queue is in (closed, ok, unusable, full, failing), else 0.',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
  })
  const files = gauge('exhook_disk_bytes', 'Bytes of all files of the queue on disk.')
  const spent = gauge('exhook_disk_spent_bytes', 'Of these, bytes that are no longer needed.')
  const unsynced = gauge('exhook_disk_unsynced_bytes', 'Bytes on their way to the disk.')
  const damaged = gauge('exhook_disk_damaged_files', 'Files of which not everything could be read.')
  const breaker = new Gauge({
    name: 'exhook_disk_breaker_open',
    help: '1 while no call waits for the disk, as it makes no progress.',
    aggregator: 'max',
    registers,
  })
  const memoryRecords = gauge('exhook_queue_memory_records', 'Of the records in the queue, those in memory.')
  const memoryBytes = gauge('exhook_queue_memory_bytes', 'Of the bytes in the queue, those in memory.')

  return (disk, queue) => {
    for (const name of DISK_STATES) state.set({ state: name }, disk.state.name === name ? 1 : 0)
    files.set(disk.fileBytes)
    spent.set(disk.spentBytes)
    unsynced.set(disk.unsyncedBytes)
    damaged.set(disk.damagedFiles)
    breaker.set(queue.diskBreakerOpen ? 1 : 0)
    memoryRecords.set(queue.memoryRecords)
    memoryBytes.set(queue.memoryBytes)
  }
}

/** What the queue, the lanes and the cluster are like, read at each scrape. */
function createStateMetrics(registry: Registry): (deps: MetricsDeps) => void {
  const registers = [registry]
  const gauge = (name: string, help: string, label?: string, aggregator: Aggregator = 'sum') =>
    new Gauge({ name, help, labelNames: label === undefined ? [] : [label], aggregator, registers })
  const bytes = gauge('exhook_queue_bytes', 'Bytes in the queue, in flight included.')
  const waiters = gauge('exhook_queue_waiters', 'Hook calls held up until there is room.')
  const awaited = gauge(
    'exhook_queue_awaited',
    'Hook calls held up until Kafka has acknowledged their records.',
  )
  const waiterBytes = gauge('exhook_queue_waiter_bytes', 'Bytes of the records of held up hook calls.')
  const breaker = gauge(
    'exhook_queue_breaker_open',
    '1 while no call waits because Kafka makes no progress.',
    undefined,
    'max',
  )
  const laneRecords = gauge('exhook_lane_records', 'Records in a lane, in flight included.', 'topic')
  const laneBytes = gauge('exhook_lane_bytes', 'Bytes in a lane, in flight included.', 'topic')
  const laneBreaker = gauge(
    'exhook_lane_breaker_open',
    '1 while no call waits for this Kafka topic because it makes no progress.',
    'topic',
    'max',
  )
  const quarantined = gauge('exhook_lane_quarantined', '1 while Kafka refuses the topic.', 'topic', 'max')
  const up = gauge('exhook_kafka_up', '1 while Kafka answers.', undefined, 'min')

  const connections = gauge('exhook_connections', 'gRPC connections that are open.')
  const requestBytes = gauge(
    'exhook_request_bytes',
    'Bytes of the hook calls that are being received or handled, or whose message is kept for the reply.',
  )
  const requestWaiters = gauge('exhook_request_waiters', 'Large hook calls that wait to be received.')

  return ({ queue, requests, delivery, ...deps }) => {
    connections.set(deps.connections())
    requestBytes.set(requests.bytes)
    requestWaiters.set(requests.waiting)
    bytes.set(queue.bytes)
    waiters.set(queue.waiters)
    waiterBytes.set(queue.waiterBytes)
    awaited.set(queue.awaited)
    breaker.set(queue.breakerOpen ? 1 : 0)
    up.set(delivery.cluster.state === 'up' ? 1 : 0)
    for (const metric of [laneRecords, laneBytes, laneBreaker, quarantined]) metric.reset()
    let labels = 0
    for (const lane of queue.lanes()) {
      const topic = ++labels > MAX_TOPIC_LABELS ? 'other' : lane.topic
      laneRecords.inc({ topic }, lane.records)
      laneBytes.inc({ topic }, lane.bytes)
      laneBreaker.inc({ topic }, lane.breakerOpen ? 1 : 0)
      quarantined.inc({ topic }, lane.healthy ? 0 : 1)
    }
  }
}
