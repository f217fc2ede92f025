import { setTimeout as sleep } from 'node:timers/promises'

/** A turn is followed by a rest that is so many times as long … */
const REST = 4
/** … but no longer than this: on a busy machine it is the waiting that takes long. */
const LONGEST_REST_MS = 100

/**
 * Has `make` done for everybody who waits for it in one turn, and rests between the turns, so that they take a fifth of the time: however
 * often it is asked for, what it costs is bounded. A turn that answers somebody begins after it was asked for, so what it tells is never
 * older than the question. Rejects as `make` does.
 */
export function createSharedTurns<T>(make: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  /** The turn that has not begun yet. */
  let next: Promise<T> | null = null
  let restUntil = 0

  async function turn(before: Promise<unknown>): Promise<T> {
    await before.catch(() => undefined)
    const restMs = restUntil - performance.now()
    if (restMs > 0) await sleep(restMs)
    next = null
    const start = performance.now()
    try {
      return await make()
    } finally {
      const now = performance.now()
      restUntil = now + Math.min(REST * (now - start), LONGEST_REST_MS)
    }
  }

  return () => {
    if (next !== null) return next
    const own = turn(last)
    last = next = own
    return own
  }
}
