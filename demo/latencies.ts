/** Times that were taken, and what they come to. */
export interface Latencies {
  add(ms: number): void
  readonly count: number
  /** The time that `percent` of 100 stay within, in ms; NaN when there is none. */
  percentile(percent: number): number
  /** `p50 1.2 ms, p99 4.5 ms` */
  toString(): string
}

export function createLatencies(): Latencies {
  const times: number[] = []
  const percentile = (percent: number) => {
    const sorted = Float64Array.from(times).sort()
    return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
  }
  return {
    add: (ms) => void times.push(ms),
    get count() {
      return times.length
    },
    percentile,
    toString: () =>
      times.length === 0
        ? 'nothing was timed'
        : `p50 ${percentile(50).toFixed(1)} ms, p99 ${percentile(99).toFixed(1)} ms`,
  }
}
