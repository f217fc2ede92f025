import type { CallsInFlight } from './run-call.ts'

/** Counts the calls that are not answered yet. */
export interface CallCounter extends CallsInFlight {
  readonly count: number
  /** Resolves when there is none. */
  allEnded(): Promise<void>
}

export function createCallCounter(): CallCounter {
  let count = 0
  let waiting: (() => void)[] = []
  return {
    get count() {
      return count
    },
    began() {
      count++
    },
    ended() {
      count--
      if (count > 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    allEnded(): Promise<void> {
      return count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
  }
}
