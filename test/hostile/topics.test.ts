import { describe, expect, it } from 'vitest'
import { createDelivery } from '../../src/delivery/delivery.ts'
import { requestBudgetFor } from '../../src/exhook/request-bounds.ts'
import { createRequestBudget } from '../../src/exhook/request-budget.ts'
import { type BoundedQueue, createBoundedQueue } from '../../src/queue/bounded-queue.ts'
import { kafkaTopicProblem } from '../../src/rules/kafka-topic.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { ALONE, type RuleError } from '../../src/rules/surroundings.ts'
import { createTopicLimit } from '../../src/rules/topic-limit.ts'
import { balances, createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { EVENTS } from '../rules/sample-events.ts'
import { createPretendKafka } from '../support/pretend-kafka.ts'
import { quietLog } from '../support/quiet-log.ts'

const DEAD = 'exhook.dead-letters'
const publish = EVENTS['message.publish']
const RULES = parseRules(
  "rules: [{hook: message.publish, topic: '${topic[1]}', allow: [dev.*, Dev.*, exhook.*]}]",
  'r',
)

/** The Kafka topic of a message that a device published to `x/<name>/y`, and why, where it is the dead letters. */
function chosen(name: string, max = 1000) {
  const errors: RuleError[] = []
  const around = {
    ...ALONE,
    deadLetterTopic: DEAD,
    topics: createTopicLimit(max),
    onError: (_: string, error: RuleError) => void errors.push(error),
  }
  const topic = `x/${name}/y`
  const [record] = RULES.apply(
    { ...publish, message: { ...publish.message, topic }, topic },
    undefined,
    around,
  )
  return { topic: record?.topic, code: errors[0]?.code, message: errors[0]?.message }
}

describe('a device that steers records', () => {
  it.each([
    ['__consumer_offsets', 'TOPIC_ILLEGAL'],
    ['__transaction_state', 'TOPIC_ILLEGAL'],
    [DEAD, 'TOPIC_ILLEGAL'],
    ['.', 'TOPIC_ILLEGAL'],
    ['..', 'TOPIC_ILLEGAL'],
    ['dev.a b', 'TOPIC_ILLEGAL'],
    ['dev.\0', 'TOPIC_ILLEGAL'],
    ['dev.\r\n', 'TOPIC_ILLEGAL'],
    ['dev.ä', 'TOPIC_ILLEGAL'],
    ['dev.а', 'TOPIC_ILLEGAL'], // Cyrillic
    ['dev.${payload.secret}', 'TOPIC_ILLEGAL'],
    ['dev.{{7*7}}', 'TOPIC_ILLEGAL'],
    ['dev.$(reboot)', 'TOPIC_ILLEGAL'],
    ['dev.%2e%2e', 'TOPIC_ILLEGAL'],
    [`dev.${'a'.repeat(246)}`, 'TOPIC_ILLEGAL'],
    [`dev.${'a'.repeat(1_000_000)}`, 'TOPIC_ILLEGAL'],
    ['DEV.a', 'TOPIC_NOT_ALLOWED'],
    ['orders', 'TOPIC_NOT_ALLOWED'],
    ['', 'TOPIC_MISSING_FIELD'],
  ])('to %.40s gets a dead letter', (name, code) => {
    const { topic, code: found, message } = chosen(name)
    expect([topic, found]).toEqual([DEAD, code])
    if (name.length > 2) expect(message).not.toContain(name)
  })

  it.each([`dev.${'a'.repeat(245)}`, 'dev._-9', 'Dev.a', 'exhook.other'])('to %.40s gets its way', (name) => {
    expect(chosen(name)).toEqual({ topic: name, code: undefined, message: undefined })
  })
})

describe('a device that names a new topic each time', () => {
  const MAX = 1000
  const EVENTS_SENT = 200_000

  it('gets no more than kafka.max_topics, in bounded memory, and a hundred labels', {
    timeout: 120_000,
  }, async () => {
    const ledger: Ledger = createLedger({ queuedRecords: () => queue.records })
    const queue: BoundedQueue = createBoundedQueue(
      {
        ...{ maxRecords: 5_000, maxBytes: 16e6, maxWaiters: 10, laneShare: 0.5, unhealthyLaneShare: 0.1 },
        deadLetterTopic: DEAD,
      },
      { log: quietLog, ledger, onRecords: () => {} },
    )
    const around = { ...ALONE, deadLetterTopic: DEAD, topics: createTopicLimit(MAX) }
    const names = new Set<string>()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < EVENTS_SENT; i++) {
      const topic = `x/dev.${i}/y`
      const event = { ...publish, message: { ...publish.message, topic }, topic }
      const records = RULES.apply(event, undefined, around)
      for (const record of records) names.add(record.topic)
      const policy = { ...(records[0] as (typeof records)[0]).policy, overflow: 'drop-newest' } as const
      queue.offer(records, { policy, waitMs: 0 }, () => {})
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6)
    expect(names.size).toBe(MAX + 1)
    for (const name of names) expect(name === DEAD || kafkaTopicProblem(name) === null).toBe(true)
    expect([...queue.lanes()].length).toBe(MAX + 1)
    expect(balances(ledger.snapshot())).toBe(true)

    const text = await scrape(ledger, queue)
    const labels = new Set(text.match(/(?<=exhook_lane_records\{topic=")[^"]*/g))
    expect(labels.size).toBe(101)
    expect(text.length).toBeLessThan(1e6)
    // Names of rules are labels, too.
    for (const line of text.split('\n'))
      expect(line).toMatch(/^(#.*|[a-z_\d]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)+\})? [-+.eE\dNaInf]+|)$/)
  })
})

async function scrape(ledger: Ledger, queue: BoundedQueue): Promise<string> {
  const delivery = createDelivery(
    {
      ...{ lingerMs: 1e6, batchMaxRecords: 1e6, batchMaxBytes: 1e9, deadLetterTopic: null },
      ...{ topicErrorTtlMs: 1e6, maxRecordAgeMs: 0 },
    },
    { driver: createPretendKafka(), log: quietLog, onFailure: () => {}, giveUp: () => {} },
  )
  const requests = createRequestBudget(requestBudgetFor({ queueMaxBytes: 1e6, maxReceiveBytes: 1e6 }), {
    held: () => queue.bytes,
  })
  const status = { rules: 1, loadedAtMs: 0, mistakes: [], results: { ok: 1, mistake: 0, unchanged: 0 } }
  const metrics = createMetrics({
    ...{ ledger, queue, requests, delivery, disk: null, topics: () => [], version: '0', memoryBoundBytes: 0 },
    rules: () => ({ status, nodes: [] }),
    connections: () => 0,
  })
  metrics.ruleFailed('evil"} 1\\"{x="', 'TOPIC_ILLEGAL')
  return (await metrics.scrape()).body
}
