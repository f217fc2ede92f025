/**
 * MQTT topic filters as text: what a valid one is, and what EMQX puts in front of a shared one.
 * Clauses in brackets are those of MQTT 5.0.
 */

/** [MQTT-4.7.3-3] The longest a topic or a filter may be, in bytes of UTF-8. */
const MAX_FILTER_BYTES = 65_535

const SHARE = '$share/'
const QUEUE = '$queue/'

/** The levels of a topic or filter, in order; an empty level is a level. `a//b` has three, `/` has two. */
export function splitLevels(topic: string): string[] {
  return topic.split('/')
}

/** Why `filter` is no valid topic filter, with the fix; null when it is one. A `$share/` in front is judged apart. */
export function filterProblem(filter: string): string | null {
  // [MQTT-4.7.3-1]
  if (filter === '') return "it is empty: a topic filter has at least one character (every topic is '#')"
  // [MQTT-4.7.3-2]
  if (filter.includes('\u0000')) return 'it holds the null character, which MQTT forbids'
  // [MQTT-1.5.4-1]
  if (!filter.isWellFormed()) return 'it holds half a surrogate pair, which is not UTF-8 text'
  if (Buffer.byteLength(filter) > MAX_FILTER_BYTES) return `it is longer than ${MAX_FILTER_BYTES} bytes`
  return wildcardProblem(splitLevels(filter))
}

function wildcardProblem(levels: readonly string[]): string | null {
  for (const [index, level] of levels.entries()) {
    // [MQTT-4.7.1-1]
    if (level === '#' && index < levels.length - 1)
      return '`#` must be the last level: end the filter there, or use `+` for one level'
    if (level !== '#' && level.includes('#')) return '`#` must be a level of its own: write `…/#`'
    // [MQTT-4.7.1-2]
    if (level !== '+' && level.includes('+')) return '`+` must be a level of its own: write `…/+/…`'
  }
  return null
}

/** A subscription as a client made it: the filter proper, and the group that shares it, if one does. */
export interface Subscription {
  /** null: not shared. The group of EMQX's older `$queue/<filter>` is `$queue`. */
  readonly group: string | null
  readonly filter: string
}

/**
 * Takes `$share/<group>/<filter>` apart, and EMQX's older `$queue/<filter>`.
 * What only looks like one (no group, a wildcard in the group, no filter) is an ordinary filter.
 */
export function parseSubscription(name: string): Subscription {
  if (name.startsWith(QUEUE) && name.length > QUEUE.length)
    return { group: '$queue', filter: name.slice(QUEUE.length) }
  if (!name.startsWith(SHARE)) return { group: null, filter: name }
  const end = name.indexOf('/', SHARE.length)
  const group = end === -1 ? '' : name.slice(SHARE.length, end)
  // [MQTT-4.8.2-1] a group has a character at least; [MQTT-4.8.2-2] no wildcard in it, and a filter after it.
  if (group === '' || /[+#]/.test(group) || end === name.length - 1) return { group: null, filter: name }
  return { group, filter: name.slice(end + 1) }
}

/** Whether a filter begins as a shared subscription does, well made or not. */
export function looksShared(filter: string): boolean {
  return filter.startsWith(SHARE) || filter.startsWith(QUEUE)
}
