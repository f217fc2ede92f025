import { overlapFrom } from './trie-overlap.ts'

/**
 * A set of MQTT topic filters, each with values, that finds the values of every filter a topic matches.
 *
 * One step a level of the topic, over the nodes reached so far: no recursion, so depth cannot overflow the stack;
 * each node is reached by one path only, so a look-up visits at most every node once, however many `+` there are;
 * the topic is cut level by level, so one of 30,000 levels costs no more than the filters are deep.
 */
export interface TopicTrie<V> {
  /** Adds a value under a valid topic filter. The same filter may hold several values, the same value twice. */
  add(filter: string, value: V): void
  /** The values of all filters that match, in no promised order; a value added under two filters comes twice. */
  match(topic: string): V[]
  /** The same of all filters that some topic matches which matches `filter`, too. */
  overlapping(filter: string): V[]
}

/** A level of some filters. */
export interface TrieNode<V> {
  readonly literals: Map<string, TrieNode<V>>
  plus: TrieNode<V> | null
  /** Values of the filters that end here. */
  readonly ends: V[]
  /** Values of the filters that end in `#` below here. */
  readonly rest: V[]
}

const DOLLAR = 36

export function createTopicTrie<V>(): TopicTrie<V> {
  const root = createNode<V>()
  return {
    add(filter, value) {
      let node = root
      for (const level of filter.split('/')) {
        if (level === '#') {
          node.rest.push(value)
          return
        }
        node = level === '+' ? plusOf(node) : literalOf(node, level)
      }
      node.ends.push(value)
    },
    match: (topic) => matchFrom(root, topic),
    overlapping: (filter) => overlapFrom(root, filter),
  }
}

function matchFrom<V>(root: TrieNode<V>, topic: string): V[] {
  const found: V[] = []
  // [MQTT-4.7.2-1] A topic that begins with `$` is not matched by a filter that begins with a wildcard.
  let wildcards = topic.charCodeAt(0) !== DOLLAR
  let nodes = [root]
  let start = 0
  while (nodes.length > 0) {
    const slash = topic.indexOf('/', start)
    const level = slash === -1 ? topic.slice(start) : topic.slice(start, slash)
    const next: TrieNode<V>[] = []
    for (const node of nodes) {
      if (wildcards && node.rest.length > 0) append(found, node.rest)
      const literal = node.literals.get(level)
      if (literal !== undefined) next.push(literal)
      if (wildcards && node.plus !== null) next.push(node.plus)
    }
    if (slash === -1) {
      for (const node of next) {
        append(found, node.ends)
        // [MQTT-4.7.1-1] `#` stands for the parent level too: `t/#` matches `t`.
        append(found, node.rest)
      }
      break
    }
    nodes = next
    start = slash + 1
    wildcards = true
  }
  return found
}

function createNode<V>(): TrieNode<V> {
  return { literals: new Map(), plus: null, ends: [], rest: [] }
}

function plusOf<V>(node: TrieNode<V>): TrieNode<V> {
  node.plus ??= createNode()
  return node.plus
}

function literalOf<V>(node: TrieNode<V>, level: string): TrieNode<V> {
  let child = node.literals.get(level)
  if (child === undefined) {
    child = createNode()
    node.literals.set(level, child)
  }
  return child
}

function append<V>(to: V[], values: readonly V[]): void {
  for (const value of values) to.push(value)
}
