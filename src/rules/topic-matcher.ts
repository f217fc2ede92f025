import { createMatchCache } from './match-cache.ts'
import { createTopicTrie, type TopicTrie } from './topic-trie.ts'

/** Something that is wanted for some topics. */
export interface Wanted<R> {
  readonly item: R
  /** null: every topic. */
  readonly filters: readonly string[] | null
  readonly exclude: readonly string[]
}

/**
 * Finds what is wanted for a topic, in the order given: one trie for the filters, one for the excluded, a cache in
 * front. A topic seen lately gets the same array again, without an allocation. Never throws.
 */
export function createTopicMatcher<R>(wanted: readonly Wanted<R>[]): (topic: string) => readonly R[] {
  const takesAll = wanted.every(({ filters, exclude }) => filters === null && exclude.length === 0)
  if (takesAll) {
    const all = wanted.map(({ item }) => item)
    return () => all
  }
  return createMatchCache(createTrieMatcher(wanted))
}

function createTrieMatcher<R>(wanted: readonly Wanted<R>[]): (topic: string) => readonly R[] {
  const included = createTopicTrie<number>()
  const excluded = createTopicTrie<number>()
  const always: number[] = []
  for (const [index, { filters, exclude }] of wanted.entries()) {
    if (filters === null) always.push(index)
    else addAll(included, filters, index)
    addAll(excluded, exclude, index)
  }
  const items = wanted.map(({ item }) => item)
  const none: readonly R[] = []

  return (topic) => {
    const found = new Set(always)
    for (const index of included.match(topic)) found.add(index)
    if (found.size === 0) return none
    for (const index of excluded.match(topic)) found.delete(index)
    if (found.size === 0) return none
    return inOrder(found, items)
  }
}

function addAll(trie: TopicTrie<number>, filters: readonly string[], index: number): void {
  for (const filter of filters) trie.add(filter, index)
}

/** The items at these places, in order. */
export function inOrder<R>(found: ReadonlySet<number>, items: readonly R[]): readonly R[] {
  // `map` makes an array of the exact size (one grown by `push` has room to spare): the cache keeps thousands of them.
  return [...found].sort((a, b) => a - b).map((index) => items[index] as R)
}
