import { setTimeout as sleep } from 'node:timers/promises'
import type { LifeSoFar } from './life.ts'

/** How a backlog was worked off while the load went on. */
export interface CatchUp {
  /** From Kafka's first answer to the first acknowledgement. */
  readonly noticedMs: number
  /** From there to an empty queue. */
  readonly tookMs: number
  readonly recordsPerSecond: number
  /** The queue when Kafka came back. */
  readonly backlog: number
}

const LOOK_EVERY_MS = 200
const WITHIN_MS = 10 * 60_000

/** To be called when Kafka answers again. `liveQueue`: a queue no longer than this is no backlog. Throws when it does not end. */
export async function watchCatchUp(life: LifeSoFar, liveQueue: number): Promise<CatchUp> {
  const answeredAt = performance.now()
  const { ledger: before } = await life.look()
  let first: { readonly at: number; readonly delivered: number } | undefined
  while (performance.now() - answeredAt < WITHIN_MS) {
    const at = performance.now()
    const { delivered, queued } = (await life.look()).ledger
    // From the look before the first one with progress, so that no record of the catch-up is without its time.
    if (delivered > before.delivered) first ??= { at: at - LOOK_EVERY_MS, delivered: before.delivered }
    if (first !== undefined && queued <= liveQueue) {
      const tookMs = at - first.at
      return {
        noticedMs: Math.max(0, first.at - answeredAt),
        tookMs,
        recordsPerSecond: ((delivered - first.delivered) / tookMs) * 1000,
        backlog: before.queued,
      }
    }
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(
    `${life.last.ledger.queued} records are still queued ${WITHIN_MS / 60_000} minutes after Kafka came back`,
  )
}
