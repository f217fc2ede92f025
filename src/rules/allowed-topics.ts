import { kafkaTopicProblem } from './kafka-topic.ts'
import { parseTemplate } from './template-text.ts'

/** Ends an entry that allows every topic with the text before it. */
const ANY = '*'

/** Whether one of the entries of `allow` allows this Kafka topic: by its whole name, or by its beginning (`vehicles.*`). */
export const isAllowed = (allow: readonly string[], topic: string): boolean =>
  allow.some((entry) => (isPrefix(entry) ? topic.startsWith(entry.slice(0, -1)) : topic === entry))

/** Why `entry` cannot stand in `allow`, with the fix; null when it can. */
export function allowProblem(entry: string): string | null {
  if (!isPrefix(entry)) {
    return entry.includes(ANY)
      ? '`*` stands only at the end, for every name with that beginning: write `prefix.*`'
      : kafkaTopicProblem(entry)
  }
  const prefix = entry.slice(0, -1)
  if (prefix === '')
    return 'devices would choose among all topics: write what their names begin with, as in `vehicles.*`'
  if (prefix.includes(ANY)) return '`*` stands only once, at the end'
  // `.` and `..` are no topics, but begin some.
  return /^\.{1,2}$/.test(prefix) ? null : kafkaTopicProblem(prefix)
}

/** Whether a template can make a topic that the entry allows, as far as the text before its first variable tells. */
export function canMake(template: string, entry: string): boolean {
  const [first] = parseTemplate(template).parts
  const beginning = first !== undefined && 'literal' in first ? first.literal : ''
  const allowed = isPrefix(entry) ? entry.slice(0, -1) : entry
  return allowed.startsWith(beginning) || (isPrefix(entry) && beginning.startsWith(allowed))
}

/** Whether some topic is allowed by both entries. */
export function overlap(a: string, b: string): boolean {
  if (!isPrefix(a)) return isAllowed([b], a)
  if (!isPrefix(b)) return isAllowed([a], b)
  return a.startsWith(b.slice(0, -1)) || b.startsWith(a.slice(0, -1))
}

const isPrefix = (entry: string): boolean => entry.endsWith(ANY)
