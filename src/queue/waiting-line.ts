import type { KafkaRecord } from '../rules/kafka-record.ts'

/** One hook call that is held up until its records fit. */
export interface Waiter {
  readonly records: readonly KafkaRecord[]
  readonly bytes: number
  /** Ends the wait: the line has already forgotten the waiter. */
  readonly end: (outcome: 'admitted' | 'expired') => void
}

/** The calls that wait for room, in the order they came, each with a deadline of its own. */
export interface WaitingLine {
  readonly length: number
  /** Bytes of all waiting records. */
  readonly bytes: number
  add(waiter: Waiter, waitMs: number): void
  /** In order: ends the wait of each waiter that `admit` takes; `admit` returns `stop` to end the walk. */
  serve(admit: (waiter: Waiter) => 'taken' | 'not-yet' | 'stop'): void
  /** Ends the waits that `which` picks as expired. */
  expire(which: (waiter: Waiter) => boolean): void
}

export function createWaitingLine(): WaitingLine {
  // A Set keeps insertion order and forgets any member in constant time.
  const line = new Set<Waiter>()
  const timers = new Map<Waiter, NodeJS.Timeout>()
  let bytes = 0

  function leave(waiter: Waiter): boolean {
    if (!line.delete(waiter)) return false
    clearTimeout(timers.get(waiter))
    timers.delete(waiter)
    bytes -= waiter.bytes
    return true
  }

  function expire(waiter: Waiter): void {
    if (leave(waiter)) waiter.end('expired')
  }

  return {
    get length() {
      return line.size
    },
    get bytes() {
      return bytes
    },
    add(waiter, waitMs) {
      line.add(waiter)
      bytes += waiter.bytes
      timers.set(waiter, setTimeout(expire, waitMs, waiter))
    },
    serve(admit) {
      for (const waiter of line) {
        const verdict = admit(waiter)
        if (verdict === 'stop') return
        if (verdict === 'taken' && leave(waiter)) waiter.end('admitted')
      }
    },
    expire(which) {
      for (const waiter of [...line]) if (which(waiter)) expire(waiter)
    },
  }
}
