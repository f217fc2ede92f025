import type { Random } from './pretend-disk.ts'

/** The same numbers again for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return below <= 0 ? 0 : (state >>> 0) % below
  }
}
