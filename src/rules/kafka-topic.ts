/** Where records go that Kafka refuses; no rule may write there. */
export const DEAD_LETTER_TOPIC = 'exhook.dead-letters'

/** Kafka's own limit, which comes from file names on the broker. */
const MAX_TOPIC_LENGTH = 249

/**
 * Why `name` cannot be the Kafka topic of a record, with the fix; null when it can.
 * Legal names: Kafka's `org.apache.kafka.common.internals.Topic`.
 */
export function kafkaTopicProblem(name: string): string | null {
  if (name === '') return 'it is empty: write the name of a Kafka topic'
  if (name === '.' || name === '..') return 'Kafka allows no topic of that name'
  if (name.length > MAX_TOPIC_LENGTH)
    return `it has ${name.length} characters: Kafka allows ${MAX_TOPIC_LENGTH} at most`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return 'Kafka allows only letters, digits, `.`, `_` and `-` in the name of a topic'
  if (name.startsWith('__')) return 'names that begin with `__` belong to Kafka: choose another'
  if (name === DEAD_LETTER_TOPIC) return 'that is where refused records go: choose another'
  return null
}
