/** MQTT's matching, word by word from the clauses and slow: what the trie is held against. */
export function naiveMatch(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]
  if (topic.startsWith('$') && (filter.startsWith('#') || filter.startsWith('+'))) return false
  const levels = topic.split('/')
  const wanted = filter.split('/')
  if (wanted.at(-1) !== '#') return wanted.length === levels.length && matchesEach(wanted, levels)
  // [MQTT-4.7.1-1] the parent level and any number of child levels
  const parent = wanted.slice(0, -1)
  return levels.length >= parent.length && matchesEach(parent, levels)
}

/** [MQTT-4.7.1-2] `+` is any one level, an empty one too; other levels are compared character by character. */
function matchesEach(wanted: readonly string[], levels: readonly string[]): boolean {
  return wanted.every((level, index) => level === '+' || level === levels[index])
}
