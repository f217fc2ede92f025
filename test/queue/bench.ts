import {
  type BoundedQueue,
  createBoundedQueue,
  type QueueConfig,
  type QueueDisk,
} from '../../src/queue/bounded-queue.ts'
import type { Lane } from '../../src/queue/lane.ts'
import type { OfferOptions, OfferOutcome, SettledPolicy } from '../../src/queue/record-queue.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import { createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { createLogRecorder, type LogLine } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'

/** How an offer ended; undefined while it waits. */
export interface End {
  outcome: OfferOutcome | undefined
}

/** A queue with its ledger and nobody who sends. */
export interface Bench {
  readonly queue: BoundedQueue
  readonly ledger: Ledger
  readonly lines: LogLine[]
  offer(records: readonly KafkaRecord[], options?: OfferOptions): End
  lane(topic: string): Lane
}

/** Options of an offer: waits 4.5 s for room unless told otherwise. */
export const options = (policy: Partial<SettledPolicy> = {}, waitMs = 4500): OfferOptions => ({
  policy: { ...DEFAULT_POLICY, overflow: 'wait', ...policy },
  waitMs,
})

export const WAIT = options()
export const DROP = options({ overflow: 'drop-newest' })

export function createBench(config: Partial<QueueConfig> = {}, disk: QueueDisk | null = null): Bench {
  const { log, lines } = createLogRecorder()
  const ledger: Ledger = createLedger({ queuedRecords: () => queue.records })
  const queue = createBoundedQueue(
    {
      maxRecords: 10,
      maxBytes: 1_000_000,
      maxWaiters: 100,
      laneShare: 0.5,
      unhealthyLaneShare: 0.1,
      deadLetterTopic: 'dead',
      ...config,
    },
    {
      log,
      ledger,
      onRecords: () => {},
      disk,
    },
  )
  return {
    queue,
    ledger,
    lines,
    offer(records, given = WAIT) {
      const end: End = { outcome: undefined }
      queue.offer(records, given, (outcome) => {
        if (end.outcome !== undefined) throw new Error('done was called twice')
        end.outcome = outcome
      })
      return end
    },
    lane(topic) {
      const lane = [...queue.lanes()].find((found) => found.topic === topic)
      if (lane === undefined) throw new Error(`no lane ${topic}`)
      return lane
    },
  }
}

export const some = (topic: string, count: number, policy: Partial<SettledPolicy> = {}): KafkaRecord[] =>
  Array.from({ length: count }, (_, i) => record(topic, 'k', `${topic}-${i}`, { policy }))
