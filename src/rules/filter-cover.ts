import { splitLevels } from './topic-filter.ts'
import { createTopicTrie } from './topic-trie.ts'

/**
 * Whether every topic that matches `narrow` matches `wide` too. Both are valid topic filters.
 * Exact but for `+/#`, which takes the same topics as `#` and is not said to cover it.
 */
export function covers(wide: string, narrow: string): boolean {
  // [MQTT-4.7.2-1] Only a filter whose first level is written out takes topics that begin with `$`.
  if (narrow.startsWith('$') && /^[+#]/.test(wide)) return false
  const wideLevels = splitLevels(wide)
  const narrowLevels = splitLevels(narrow)
  for (const [index, level] of wideLevels.entries()) {
    if (level === '#') return true
    const other = narrowLevels[index]
    if (other === undefined || other === '#') return false
    if (level !== '+' && level !== other) return false
  }
  return wideLevels.length === narrowLevels.length
}

/** Whether a filter takes every topic but those that begin with `$` [MQTT-4.7.2-1]. */
export const isEverything = (filter: string): boolean => filter === '#' || filter === '+/#'

/** Whether each of these filters is covered by one of those; `+/#` counts as the `#` that it is. */
export const coversAll = (wide: readonly string[], narrow: readonly string[]): boolean =>
  narrow.every((filter) => wide.some((one) => covers(isEverything(one) ? '#' : one, filter)))

/** The filters without repetitions and without those that another one covers, in their order. */
export function dropCovered(filters: Iterable<string>): string[] {
  const unique = [...new Set(filters)]
  // A filter read as a topic is matched by all that cover it (and a few that do not): so not every pair is compared.
  const trie = createTopicTrie<string>()
  for (const filter of unique) trie.add(filter, filter)
  return unique.filter(
    (filter) => !trie.match(filter).some((wide) => wide !== filter && covers(wide, filter)),
  )
}
