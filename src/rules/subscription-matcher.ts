import { covers } from './filter-cover.ts'
import { createMatchCache } from './match-cache.ts'
import { inOrder, type Wanted } from './topic-matcher.ts'
import { createTopicTrie } from './topic-trie.ts'

/**
 * Finds what is wanted of a subscription, in the order given: all whose filters overlap with the one subscribed, which
 * means that some topic matches both. Excluded only where one of the `exclude` filters covers the subscription, which means
 * that no message could come by it that is not excluded. `plain` takes the group off a shared subscription. A cache in
 * front, as with topics. Never throws.
 */
export function createSubscriptionMatcher<R>(
  wanted: readonly Wanted<R>[],
  plain: (name: string) => string,
): (name: string) => readonly R[] {
  const included = createTopicTrie<number>()
  const excluded = createTopicTrie<{ readonly filter: string; readonly index: number }>()
  const always: number[] = []
  for (const [index, { filters, exclude }] of wanted.entries()) {
    if (filters === null) always.push(index)
    for (const filter of filters ?? []) included.add(filter, index)
    // They take the same topics, and only of the second is it said that it covers everything.
    for (const filter of exclude) excluded.add(filter, { filter: filter === '+/#' ? '#' : filter, index })
  }
  const items = wanted.map(({ item }) => item)
  return createMatchCache((name) => {
    const subscribed = plain(name)
    const found = new Set([...always, ...included.overlapping(subscribed)])
    // A filter read as a topic is matched by all that cover it, and by a few that do not.
    for (const { filter, index } of excluded.match(subscribed)) {
      if (covers(filter, subscribed)) found.delete(index)
    }
    return inOrder(found, items)
  })
}
