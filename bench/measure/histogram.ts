/** The buckets of a Prometheus histogram: how many values are at most so large, in the order of the bounds. */
export type Buckets = ReadonlyMap<number, number>

/** Reads a histogram without labels out of the text of a scrape. */
export function bucketsOf(text: string, name: string): Buckets {
  const lines = text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'))
  return new Map(
    [...lines].map(([, le, count]) => [le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(count)]),
  )
}

/** What came between two scrapes. */
export const between = (before: Buckets, after: Buckets): Buckets =>
  new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]))

export const together = (all: readonly Buckets[]): Buckets =>
  new Map(
    [...(all[0] ?? [])].map(([bound]) => [bound, all.reduce((sum, one) => sum + (one.get(bound) ?? 0), 0)]),
  )

/** The value that the part `p` (0–1) stays within, as Prometheus reckons it: evenly spread within its bucket. */
export function quantile(buckets: Buckets, p: number): number {
  const total = buckets.get(Number.POSITIVE_INFINITY) ?? 0
  let [lower, below] = [0, 0]
  for (const [bound, count] of buckets) {
    if (count >= total * p) {
      return bound === Number.POSITIVE_INFINITY
        ? lower
        : lower + ((bound - lower) * (total * p - below)) / (count - below)
    }
    lower = bound
    below = count
  }
  return Number.NaN
}
