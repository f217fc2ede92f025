import { describe, expect, it } from 'vitest'
import { createDelivery } from '../../src/delivery/delivery.ts'
import { requestBudgetFor } from '../../src/exhook/request-bounds.ts'
import { createRequestBudget } from '../../src/exhook/request-budget.ts'
import type { TopicState } from '../../src/preflight/topic-state.ts'
import { type BoundedQueue, createBoundedQueue } from '../../src/queue/bounded-queue.ts'
import type { RulesStatus } from '../../src/reload/rule-reload.ts'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import { createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import type { RuleState } from '../../src/telemetry/rule-metrics.ts'
import { createPretendKafka } from '../support/pretend-kafka.ts'
import { quietLog } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'

const RULES: RulesStatus = {
  rules: 3,
  loadedAtMs: 1_574_753_026_500,
  mistakes: [],
  results: { ok: 2, mistake: 1, unchanged: 0 },
}

function bench(topics: readonly TopicState[] = [], rules: RuleState = { status: RULES, nodes: [] }) {
  const ledger: Ledger = createLedger({ queuedRecords: () => queue.records })
  const delivery = createDelivery(
    {
      lingerMs: 1e6,
      batchMaxRecords: 1e6,
      batchMaxBytes: 1e9,
      deadLetterTopic: null,
      topicErrorTtlMs: 1e6,
      maxRecordAgeMs: 0,
    },
    { driver: createPretendKafka(), log: quietLog, onFailure: () => {}, giveUp: () => {} },
  )
  const queue: BoundedQueue = createBoundedQueue(
    {
      maxRecords: 1000,
      maxBytes: 1e6,
      maxWaiters: 10,
      laneShare: 1,
      unhealthyLaneShare: 1,
      deadLetterTopic: null,
    },
    {
      log: quietLog,
      ledger,
      onRecords: () => {},
    },
  )
  const offer = (topic: string) =>
    queue.offer(
      [record(topic, 'k', 'v')],
      { policy: { ...DEFAULT_POLICY, overflow: 'drop-newest' }, waitMs: 0 },
      () => {},
    )
  const requests = createRequestBudget(requestBudgetFor({ queueMaxBytes: 1e6, maxReceiveBytes: 1e6 }), {
    held: () => queue.bytes,
  })
  return {
    ledger,
    queue,
    offer,
    metrics: createMetrics({
      ...{ ledger, queue, requests, delivery, topics: () => topics },
      rules: () => rules,
      version: '1.2.3',
      memoryBoundBytes: 5e8,
      connections: () => 3,
    }),
  }
}

describe('a scrape', () => {
  it('shows the account, the same however often it is read', async () => {
    const { ledger, queue, offer, metrics } = bench()
    ledger.callMatched()
    ledger.callRefused('malformed')
    offer('a')
    offer('a')
    const lane = [...queue.lanes()][0]
    lane?.deliver(lane.take(1, 1e6))
    for (let i = 0; i < 3; i++) {
      const { body, contentType } = await metrics.scrape()
      expect(contentType).toContain('text/plain')
      for (const line of [
        'exhook_calls_total 2',
        'exhook_calls_matched_total 1',
        'exhook_calls_refused_total{reason="malformed"} 1',
        'exhook_calls_refused_total{reason="overloaded"} 0',
        'exhook_records_total 2',
        'exhook_records_delivered_total 1',
        'exhook_records_dropped_total{reason="queue_full"} 0',
        'exhook_queue_records 1',
        'exhook_lane_records{topic="a"} 1',
        'exhook_kafka_up 0',
        'exhook_build_info{version="1.2.3"} 1',
      ]) {
        expect(body).toContain(`${line}\n`)
      }
    }
  })

  it('counts replies by hook and Kafka errors by kind', async () => {
    const { metrics } = bench()
    metrics.replied('message.publish', 0.003)
    metrics.kafkaFailed({ kind: 'topic', code: 'UNKNOWN_TOPIC_OR_PARTITION', message: '' })
    metrics.producerRenewed()
    metrics.sent(0.004)
    const { body } = await metrics.scrape()
    expect(body).toContain('exhook_reply_seconds_count{hook="message.publish"} 1\n')
    expect(body).toContain('exhook_reply_seconds_bucket{le="0.0025",hook="message.publish"} 0\n')
    expect(body).toContain('exhook_reply_seconds_bucket{le="0.005",hook="message.publish"} 1\n')
    expect(body).toContain('exhook_kafka_errors_total{kind="topic",code="UNKNOWN_TOPIC_OR_PARTITION"} 1\n')
    expect(body).toContain('exhook_kafka_producer_renewals_total 1\n')
    expect(body).toContain('exhook_kafka_send_seconds_bucket{le="0.003"} 0\n')
    expect(body).toContain('exhook_kafka_send_seconds_bucket{le="0.005"} 1\n')
  })

  it('gives a hundred Kafka topics labels of their own and folds the rest', async () => {
    const { offer, metrics } = bench()
    for (let i = 0; i < 130; i++) offer(`topic-${i}`)
    const { body } = await metrics.scrape()
    expect(body.match(/^exhook_lane_records\{/gm)).toHaveLength(101)
    expect(body).toContain('exhook_lane_records{topic="other"} 30\n')
  })

  it('shows the rules, their file, and what each EMQX node calls', async () => {
    const { body } = await bench().metrics.scrape()
    for (const line of [
      'exhook_rules_reloads_total{result="ok"} 2',
      'exhook_rules_reloads_total{result="mistake"} 1',
      'exhook_rules_reloads_total{result="unchanged"} 0',
      'exhook_rules_loaded_timestamp_seconds 1574753026.5',
      'exhook_rules_mistakes 0',
      'exhook_emqx_hooks{node="",state="unknown"} 1',
    ]) {
      expect(body).toContain(`${line}\n`)
    }

    const missing = {
      hook: 'client.connected',
      missing: [],
      extra: [],
      what: 'is not registered',
      losesEvents: true,
    }
    const extra = { ...missing, losesEvents: false }
    const known = bench([], {
      status: { ...RULES, mistakes: [{ message: 'a' }, { message: 'b' }] },
      nodes: [
        { node: 'a', state: 'differs', differences: [missing, extra], losesEvents: true, why: '' },
        { node: 'b', state: 'same', differences: [], losesEvents: false, why: '' },
      ],
    })
    const later = (await known.metrics.scrape()).body
    expect(later.match(/^exhook_emqx_hooks.* 1$/gm)).toEqual([
      'exhook_emqx_hooks{node="a",state="differs"} 1',
      'exhook_emqx_hooks{node="b",state="same"} 1',
      'exhook_emqx_hooks_missing{node="a"} 1',
    ])
    expect(later).toContain('exhook_rules_mistakes 2\n')
  })

  it('shows the topics as the preflight found them, the many folded: all of them ready, or not', async () => {
    const found = (topic: string, ready = true): TopicState => ({
      ...{ topic, ready, partitions: ready ? 3 : 0, maxMessageBytes: null, problem: null },
    })
    const few = bench([found('a'), found('b', false)]).metrics
    for (let i = 0; i < 2; i++) {
      const { body } = await few.scrape()
      for (const line of [
        'exhook_topic_partitions{topic="a"} 3',
        'exhook_topic_partitions{topic="b"} 0',
        'exhook_topic_ready{topic="a"} 1',
        'exhook_topic_ready{topic="b"} 0',
      ]) {
        expect(body).toContain(`${line}\n`)
      }
    }
    const many = Array.from({ length: 130 }, (_, i) => found(`topic-${i}`))
    const { body } = await bench(many).metrics.scrape()
    expect(body.match(/^exhook_topic_ready\{/gm)).toHaveLength(101)
    expect(body).toContain('exhook_topic_ready{topic="other"} 1\n')
    expect(body).toContain('exhook_topic_partitions{topic="other"} 90\n')
    const oneBad = await bench([...many, found('bad', false)]).metrics.scrape()
    expect(oneBad.body).toContain('exhook_topic_ready{topic="other"} 0\n')
  })
})
