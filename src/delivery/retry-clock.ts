/** Longest pause between two attempts. */
const LONGEST_MS = 30_000
const STEP_MS = 1_000
/** Lanes that failed together do not come back together. */
const JITTER = 0.1

/**
 * The pause before the next attempt, in ms: 1 s, 2 s, 3 s … 30 s, give or take a tenth. It never says stop.
 * `failures` counts the attempts that failed in a row, from 1; `random` is in [0, 1).
 */
export function retryDelayMs(failures: number, random: number): number {
  const base = Math.min(Math.max(1, failures) * STEP_MS, LONGEST_MS)
  return Math.round(base * (1 - JITTER + 2 * JITTER * random))
}
