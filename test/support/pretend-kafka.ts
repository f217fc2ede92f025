import { setTimeout as sleep } from 'node:timers/promises'
import type { FrozenBatch, KafkaDriver, KafkaFailure, SendOutcome } from '../../src/kafka/kafka-driver.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'

/**
 * A KafkaDriver that keeps what it is sent, for faults that no broker shows on demand. `fault` is asked before each
 * send: a failure refuses the whole batch. The real driver is tested on a real broker by the driver contract.
 */
export interface PretendKafka extends KafkaDriver {
  readonly log: KafkaRecord[]
  readonly sends: FrozenBatch[]
  /** The most sends of one topic that were under way together. */
  readonly mostTogether: () => number
  fault: (batch: FrozenBatch, send: number) => KafkaFailure | null
  alive: boolean
  answerAfterMs: number
}

export function createPretendKafka(): PretendKafka {
  const log: KafkaRecord[] = []
  const sends: FrozenBatch[] = []
  const together = new Map<string, number>()
  let most = 0

  const kafka: PretendKafka = {
    log,
    sends,
    mostTogether: () => most,
    fault: () => null,
    alive: true,
    answerAfterMs: 0,
    freeze: (topic, records) => ({ topic, records }),
    async send(batch): Promise<SendOutcome> {
      const now = (together.get(batch.topic) ?? 0) + 1
      together.set(batch.topic, now)
      most = Math.max(most, now)
      await sleep(kafka.answerAfterMs)
      together.set(batch.topic, now - 1)
      sends.push(batch)
      const failure = kafka.alive ? kafka.fault(batch, sends.length) : AWAY
      if (failure !== null) return { delivered: [], left: [{ batch, failure }] }
      log.push(...batch.records)
      return { delivered: batch.records, left: [] }
    },
    probe: async () => (kafka.alive ? null : AWAY),
    stop: async () => {},
  }
  return kafka
}

export const AWAY: KafkaFailure = { kind: 'connection', code: 'ECONNREFUSED', message: 'nobody there' }
export const LATER: KafkaFailure = { kind: 'retriable', code: 'NOT_ENOUGH_REPLICAS', message: 'later' }
export const NO_TOPIC: KafkaFailure = {
  kind: 'topic',
  code: 'UNKNOWN_TOPIC_OR_PARTITION',
  message: 'no such topic',
}
export const TOO_LARGE: KafkaFailure = { kind: 'record', code: 'MESSAGE_TOO_LARGE', message: 'too large' }
