import { setTimeout as sleep } from 'node:timers/promises'
import type { FrozenBatch, KafkaDriver, KafkaFailure } from '../kafka/kafka-driver.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'

/** What fails in passing is sent again, unchanged, so often … */
const ATTEMPTS = 5
/** … and after so long. */
const RETRY_AFTER_MS = 1_000

/** What became of records that were sent. */
export interface Delivery {
  /** Acknowledged by Kafka. */
  readonly delivered: ReadonlySet<KafkaRecord>
  /** Why the others are not; null when there are none. */
  readonly failure: KafkaFailure | null
}

export interface DeliverOptions {
  /** Ends the trying again. */
  readonly signal: AbortSignal
  /** Default: 1 s. */
  readonly retryAfterMs?: number | undefined
}

/**
 * Sends records of one topic. When Kafka refuses one of several, they are sent one by one, in order, up to the one that is
 * refused: so all that can go before it goes. Ends at the first failure that waiting does not cure.
 */
export async function deliver(
  driver: KafkaDriver,
  topic: string,
  records: readonly KafkaRecord[],
  { signal, retryAfterMs = RETRY_AFTER_MS }: DeliverOptions,
): Promise<Delivery> {
  const delivered = new Set<KafkaRecord>()
  let parts: readonly FrozenBatch[] = [driver.freeze(topic, records)]
  for (let attempt = 1; parts.length > 0; attempt++) {
    const { again, failure } = await round(parts)
    parts = again
    if (failure === null) continue
    const passing = failure.kind === 'retriable' || failure.kind === 'connection'
    if (!passing || attempt >= ATTEMPTS || signal.aborted) return { delivered, failure }
    await sleep(retryAfterMs, undefined, { signal }).catch(() => {})
  }
  return { delivered, failure: null }

  /** Sends part after part up to the first failure; gives what is to be sent next. */
  async function round(
    todo: readonly FrozenBatch[],
  ): Promise<{ again: readonly FrozenBatch[]; failure: KafkaFailure | null }> {
    for (const [i, part] of todo.entries()) {
      const outcome = await driver.send(part)
      for (const record of outcome.delivered) delivered.add(record)
      const refused = outcome.left[0]
      if (refused === undefined) continue
      const left = outcome.left.map(({ batch }) => batch)
      const later = todo.slice(i + 1)
      if (refused.failure.kind === 'record' && refused.batch.records.length > 1) {
        const singles = refused.batch.records.map((record) => driver.freeze(topic, [record]))
        return { again: [...singles, ...left.slice(1), ...later], failure: null }
      }
      return { again: [...left, ...later], failure: refused.failure }
    }
    return { again: [], failure: null }
  }
}
