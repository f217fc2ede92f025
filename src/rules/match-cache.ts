/** How much a match cache may remember. */
export interface MatchCacheLimits {
  /** Topics longer than this, in UTF-16 units, are looked up each time. */
  readonly maxTopicLength: number
  /** Estimated bytes of one generation; two are kept. */
  readonly generationBytes: number
}

/** At most 4 MiB a hook: some 11,000 to 22,000 topics of 40 characters. */
export const MATCH_CACHE_LIMITS: MatchCacheLimits = { maxTopicLength: 512, generationBytes: 2 * 1024 * 1024 }

/** What V8 takes for an entry at most: its share of the map's table, the string's and the array's heads. */
const ENTRY_BYTES = 128

/**
 * Puts a bounded cache in front of a look-up by topic. A topic seen lately costs one `Map.get` and gets the very
 * same array again. Two generations: when the young one is full it becomes the old one, and the old one is let go;
 * a topic found in the old one moves to the young. So what is in use stays, with no bookkeeping on a hit.
 *
 * Bound: 2 × `generationBytes` (and one entry), counted as 128 bytes an entry, 2 a unit of the topic, 8 an item found.
 */
export function createMatchCache<V>(
  find: (topic: string) => readonly V[],
  limits: MatchCacheLimits = MATCH_CACHE_LIMITS,
): (topic: string) => readonly V[] {
  let young = new Map<string, readonly V[]>()
  let old = new Map<string, readonly V[]>()
  let youngBytes = 0

  function miss(topic: string): readonly V[] {
    if (topic.length > limits.maxTopicLength) return find(topic)
    const found = old.get(topic) ?? find(topic)
    if (youngBytes >= limits.generationBytes) {
      old = young
      young = new Map()
      youngBytes = 0
    }
    young.set(topic, found)
    youngBytes += ENTRY_BYTES + 2 * topic.length + 8 * found.length
    return found
  }

  return (topic) => young.get(topic) ?? miss(topic)
}
