import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Delivery } from '../delivery/delivery.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { BoundedQueue } from '../queue/bounded-queue.ts'
import type { OfferOutcome } from '../queue/record-queue.ts'
import type { RuleErrorCode } from '../rules/surroundings.ts'
import type { Ledger } from './ledger.ts'

/** Everything Prometheus can read of one process. */
export interface Metrics {
  /** The queue has decided on an event, or a wait for Kafka has ended. */
  decided(outcome: OfferOutcome): void
  /** A hook call was answered after so many seconds. */
  replied(hook: HookPoint, seconds: number): void
  kafkaFailed(failure: KafkaFailure): void
  producerRenewed(): void
  /** A rule could not do its work on an event. */
  ruleFailed(rule: string, code: RuleErrorCode): void
  /** The text of one scrape; the ledger in it is of one moment. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>
}

export interface MetricsDeps {
  readonly ledger: Ledger
  readonly queue: BoundedQueue
  readonly delivery: Delivery
  readonly version: string
}

/** Kafka topics with labels of their own; the rest are folded into `other`. */
const MAX_TOPIC_LABELS = 100

/** Seconds; fine where replies should be, coarse up to EMQX's own timeout. */
const REPLY_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]

const OUTCOMES: readonly OfferOutcome[] = ['queued', 'delivered', 'late', 'dropped', 'rejected', 'overloaded']

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const account = createAccountMetrics(registry)
  const state = createStateMetrics(registry)
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
    help: 'Answered events that matched a rule, by what the answer meant (queued, delivered, late, dropped, rejected, overloaded).',
    labelNames: ['outcome'],
    registers,
  })
  const outcomeOf = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, outcomes.labels({ outcome })]))
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
    help: 'Events with which a rule could not do its work: its condition failed, or its template made no topic that it may write to.',
    labelNames: ['rule', 'code'],
    registers,
  })
  new Gauge({
    name: 'exhook_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers,
  }).set({ version: deps.version }, 1)

  return {
    decided: (outcome) => outcomeOf[outcome]?.inc(),
    replied: (hook, seconds) => replyOf.get(hook)?.observe(seconds),
    kafkaFailed: ({ kind, code }) => errors.inc({ kind, code }),
    producerRenewed: () => renewals.inc(),
    ruleFailed: (rule, code) => ruleErrors.inc({ rule, code }),
    async scrape() {
      account(deps.ledger)
      state(deps.queue, deps.delivery)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

/** The ledger, set whole from one snapshot before each scrape. */
function createAccountMetrics(registry: Registry): (ledger: Ledger) => void {
  const registers = [registry]
  const counter = (name: string, help: string, label?: string) =>
    new Counter({ name, help, labelNames: label === undefined ? [] : [label], registers })
  const calls = counter('exhook_calls_total', 'Hook calls received; equals matched + unmatched + refused.')
  const matched = counter('exhook_calls_matched_total', 'Hook calls that matched at least one rule.')
  const unmatched = counter('exhook_calls_unmatched_total', 'Hook calls that matched no rule.')
  const refused = counter('exhook_calls_refused_total', 'Hook calls answered with a gRPC error.', 'reason')
  const records = counter(
    'exhook_records_total',
    'Records made by the rules; equals delivered + dead-lettered + dropped + exhook_queue_records.',
  )
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
    set(delivered, now.delivered)
    set(rejectedButSent, now.rejectedButSent)
    setEach(refused, 'reason', now.refused)
    setEach(deadLettered, 'place', now.deadLettered)
    setEach(dropped, 'reason', now.dropped)
    queued.set(now.queued)
  }
}

function setEach(metric: Counter, label: string, values: Readonly<Record<string, number>>): void {
  metric.reset()
  for (const [name, value] of Object.entries(values)) metric.inc({ [label]: name }, value)
}

/** What the queue, the lanes and the cluster are like, read at each scrape. */
function createStateMetrics(registry: Registry): (queue: BoundedQueue, delivery: Delivery) => void {
  const registers = [registry]
  const gauge = (name: string, help: string, label?: string) =>
    new Gauge({ name, help, labelNames: label === undefined ? [] : [label], registers })
  const bytes = gauge('exhook_queue_bytes', 'Bytes in the queue, in flight included.')
  const waiters = gauge('exhook_queue_waiters', 'Hook calls held up until there is room.')
  const awaited = gauge(
    'exhook_queue_awaited',
    'Hook calls held up until Kafka has acknowledged their records.',
  )
  const waiterBytes = gauge('exhook_queue_waiter_bytes', 'Bytes of the records of held up hook calls.')
  const breaker = gauge('exhook_queue_breaker_open', '1 while no call waits because Kafka makes no progress.')
  const laneRecords = gauge('exhook_lane_records', 'Records in a lane, in flight included.', 'topic')
  const laneBytes = gauge('exhook_lane_bytes', 'Bytes in a lane, in flight included.', 'topic')
  const laneBreaker = gauge(
    'exhook_lane_breaker_open',
    '1 while no call waits for this Kafka topic because it makes no progress.',
    'topic',
  )
  const quarantined = gauge('exhook_lane_quarantined', '1 while Kafka refuses the topic.', 'topic')
  const up = gauge('exhook_kafka_up', '1 while Kafka answers.')

  return (queue, delivery) => {
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
