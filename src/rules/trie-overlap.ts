import type { TrieNode } from './topic-trie.ts'

/**
 * The values of all filters below `root` that have a topic in common with `filter`, both with wildcards. One step a level of
 * the filter over the nodes reached so far; each node is reached by one path, so every node is visited at most once.
 */
export function overlapFrom<V>(root: TrieNode<V>, filter: string): V[] {
  const found: V[] = []
  const levels = filter.split('/')
  // [MQTT-4.7.2-1] A wildcard in front takes no topic that begins with `$`, on either side.
  const dollar = filter.startsWith('$')
  let nodes = [root]
  for (const [index, level] of levels.entries()) {
    const atRoot = index === 0
    if (level === '#' && index === levels.length - 1) {
      // Of the filters of one level, `/#` has only the empty text in common with `+`, and that is no topic.
      const withEnds = !(index === 1 && levels[0] === '')
      for (const node of nodes) appendBelow(found, node, atRoot, withEnds)
      return found
    }
    const next: TrieNode<V>[] = []
    for (const node of nodes) {
      // A filter that ends in `#` here has something in common with whatever follows.
      if (!(atRoot && dollar)) append(found, node.rest)
      if (level === '+') pushChildren(next, node, atRoot, levels.length === 1)
      else {
        const literal = node.literals.get(level)
        if (literal !== undefined) next.push(literal)
        if (node.plus !== null && !(atRoot && dollar)) next.push(node.plus)
      }
    }
    nodes = next
    // A device may subscribe to a filter of a million levels.
    if (nodes.length === 0) return found
  }
  for (const node of nodes) {
    append(found, node.ends)
    // [MQTT-4.7.1-1] `t/#` matches `t`.
    append(found, node.rest)
  }
  return found
}

/** All that a `#` at this node takes: its own filters, for `t/#` matches `t`, and all below. */
function appendBelow<V>(found: V[], top: TrieNode<V>, atRoot: boolean, withEnds: boolean): void {
  append(found, top.rest)
  if (withEnds) append(found, top.ends)
  const stack: TrieNode<V>[] = []
  pushChildren(stack, top, atRoot)
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    append(found, node.rest)
    append(found, node.ends)
    pushChildren(stack, node, false)
  }
}

/** `alone`: the level pushed is the only one of its filter, so it is not empty: no topic is. */
function pushChildren<V>(to: TrieNode<V>[], node: TrieNode<V>, atRoot: boolean, alone = false): void {
  for (const [level, child] of node.literals) {
    const out = atRoot && (level.startsWith('$') || (alone && level === ''))
    if (!out) to.push(child)
  }
  if (node.plus !== null) to.push(node.plus)
}

function append<V>(to: V[], values: readonly V[]): void {
  for (const value of values) to.push(value)
}
