import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach } from 'vitest'
import type { DeadLetterFile } from '../../src/delivery/dead-letter-file.ts'
import { createDeadLetters } from '../../src/delivery/dead-letters.ts'
import {
  createDelivery,
  type Delivery,
  type DeliveryConfig,
  type DeliveryDeps,
} from '../../src/delivery/delivery.ts'
import type { KafkaFailure } from '../../src/kafka/kafka-driver.ts'
import { type BoundedQueue, createBoundedQueue, type QueueDisk } from '../../src/queue/bounded-queue.ts'
import type { OfferOutcome } from '../../src/queue/record-queue.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { createPretendKafka, type PretendKafka } from '../support/pretend-kafka.ts'
import { createLogRecorder, type LogLine } from '../support/quiet-log.ts'

/** Queue, delivery and dead letters together, into a pretended Kafka. */
export interface Line {
  readonly kafka: PretendKafka
  readonly queue: BoundedQueue
  readonly ledger: Ledger
  readonly delivery: Delivery
  readonly failures: KafkaFailure[]
  /** The time of each batch that was acknowledged whole. */
  readonly sentSeconds: number[]
  readonly lines: LogLine[]
  /** The outcomes of the offers so far. */
  readonly outcomes: OfferOutcome[]
  offer(records: readonly KafkaRecord[]): void
  empty(): Promise<void>
}

export interface LineOptions {
  readonly pauseMs?: number
  readonly file?: DeadLetterFile
  readonly disk?: QueueDisk
  /** Memory holds so many records; default: many. */
  readonly maxRecords?: number
  readonly deps?: Pick<DeliveryDeps, 'onUp' | 'onRecovered'>
}

const running: Delivery[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.drain(0)))
})

export function createLine(config: Partial<DeliveryConfig> = {}, options: LineOptions = {}): Line {
  const kafka = createPretendKafka()
  const { log, lines } = createLogRecorder()
  const failures: KafkaFailure[] = []
  const sentSeconds: number[] = []
  const outcomes: OfferOutcome[] = []
  const full = {
    lingerMs: 1,
    batchMaxRecords: 8,
    batchMaxBytes: 1e6,
    deadLetterTopic: null,
    topicErrorTtlMs: 1e6,
    maxRecordAgeMs: 0,
    ...config,
  }
  const ledger: Ledger = createLedger({ queuedRecords: () => queue.records })
  const deadLetters = createDeadLetters({
    log,
    topic: full.deadLetterTopic,
    file: options.file ?? null,
    toTopic: (lane, record, letter) => queue.toDeadLetters(lane, record, letter),
    onFiled: () => ledger.recordsDeadLettered(1, 'file'),
  })
  const delivery = createDelivery(full, {
    driver: kafka,
    log,
    onFailure: (failure) => failures.push(failure),
    onSent: (seconds) => void sentSeconds.push(seconds),
    giveUp: deadLetters.giveUp,
    ...options.deps,
    ...(options.pauseMs !== undefined && { pauseMs: () => options.pauseMs ?? 0 }),
  })
  const queue: BoundedQueue = createBoundedQueue(
    {
      maxRecords: options.maxRecords ?? 100_000,
      maxBytes: 1e9,
      maxWaiters: 10,
      laneShare: 1,
      unhealthyLaneShare: 1,
      deadLetterTopic: full.deadLetterTopic,
    },
    {
      log,
      ledger,
      onRecords: (lane) => delivery.notify(lane),
      disk: options.disk ?? null,
    },
  )
  running.push(delivery)
  return {
    kafka,
    queue,
    ledger,
    delivery,
    failures,
    sentSeconds,
    lines,
    outcomes,
    offer(records) {
      for (const one of records) {
        const policy = { ...one.policy, overflow: 'wait' } as const
        queue.offer([one], { policy, waitMs: 10_000 }, (outcome) => void outcomes.push(outcome))
      }
    },
    async empty() {
      while (queue.records > 0) await sleep(2)
    },
  }
}

/** The numbers that records carry as their values. */
export const values = (records: readonly KafkaRecord[]): number[] =>
  records.map((one) => Number(one.value.toString()))
