/** NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The median of what each value is of the other with the same index: what the machine did in a round falls on both. */
export const medianRatio = (values: readonly number[], of: readonly number[]): number =>
  median(values.map((value, i) => value / (of[i] ?? Number.NaN)))
