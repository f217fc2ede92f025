import { MAX_DEAD_VALUE_BYTES } from '../delivery/dead-letter.ts'
import { largestRecordBytes } from '../rules/largest-record.ts'
import type { Rule } from '../rules/rule-set.ts'

/** A Kafka topic that the program writes to, and what it has to hold. */
export interface TopicNeed {
  readonly topic: string
  /** The dead-letter topic, which no rule names. */
  readonly deadLetters: boolean
  /** The most bytes of one record in a batch of its own, uncompressed. */
  readonly largestRecordBytes: number
}

export interface TopicNeedsOptions {
  /** null: there is none. */
  readonly deadLetterTopic: string | null
  /** EMQX's limit for a packet, in bytes. */
  readonly maxPacketBytes: number
}

/** The fixed topics of the rules, each once, in their order; then the dead-letter topic. */
export function topicNeeds(
  rules: readonly Pick<Rule, 'topic' | 'allow' | 'hooks' | 'format'>[],
  { deadLetterTopic, maxPacketBytes }: TopicNeedsOptions,
): readonly TopicNeed[] {
  const largestOf = new Map<string, number>()
  for (const { topic, allow, hooks, format } of rules) {
    if (allow !== null) continue
    const largest = largestRecordBytes(hooks, format, maxPacketBytes)
    largestOf.set(topic, Math.max(largest, largestOf.get(topic) ?? 0))
  }
  const ofRules = [...largestOf].map(([topic, largest]) => ({
    topic,
    deadLetters: false,
    largestRecordBytes: largest,
  }))
  return deadLetterTopic === null ? ofRules : [...ofRules, deadLetterNeed(deadLetterTopic)]
}

/** Values are cut to a length before they become dead letters; what stands around them is that of any record. */
const deadLetterNeed = (topic: string): TopicNeed => ({
  topic,
  deadLetters: true,
  largestRecordBytes: MAX_DEAD_VALUE_BYTES + largestRecordBytes([], 'payload', 0),
})
