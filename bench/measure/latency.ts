import type { Times } from '../load/load-plan.ts'

/** Values below 256 are counted one by one, larger ones in 128 steps for each doubling: within 1 %. */
const STEP_BITS = 7

/** Counts times in µs, after the manner of HdrHistogram: any number of them in little memory. */
export function createTimeCounter(): { add(microseconds: number): void; times(): Times } {
  const counts = new Map<number, number>()
  return {
    add(microseconds) {
      const largest = largestLike(Math.max(0, Math.floor(microseconds)))
      counts.set(largest, (counts.get(largest) ?? 0) + 1)
    },
    times: () => [...counts].toSorted(([a], [b]) => a - b),
  }
}

/** The largest value that is not told apart from this one, in µs; up to 2^31. */
export function largestLike(microseconds: number): number {
  const value = Math.min(microseconds, 2 ** 31 - 1)
  const shift = Math.max(0, 32 - Math.clz32(value) - STEP_BITS - 1)
  return ((value >> shift) + 1) * 2 ** shift - 1
}

/** Milliseconds within which the part `p` (0–1) of the times lies; NaN without times. */
export function quantileMs(times: Times, p: number): number {
  const total = times.reduce((sum, [, count]) => sum + count, 0)
  let below = 0
  for (const [microseconds, count] of times) {
    below += count
    if (below >= total * p) return microseconds / 1000
  }
  return Number.NaN
}

/** The percentiles that the tables show, in ms. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export const percentilesOf = (times: Times): Percentiles => ({
  p50: quantileMs(times, 0.5),
  p90: quantileMs(times, 0.9),
  p99: quantileMs(times, 0.99),
  p999: quantileMs(times, 0.999),
  max: quantileMs(times, 1),
})
