import { MAX_DEAD_VALUE_BYTES } from '../delivery/dead-letter.ts'
import type { HookPoint } from '../hooks.ts'
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

/** The literal topics of the rules, each once, in their order; then the dead-letter topic. */
export function topicNeeds(
  rules: readonly Pick<Rule, 'topic' | 'hooks'>[],
  { deadLetterTopic, maxPacketBytes }: TopicNeedsOptions,
): readonly TopicNeed[] {
  const hooksOf = new Map<string, HookPoint[]>()
  for (const { topic, hooks } of rules) hooksOf.set(topic, [...(hooksOf.get(topic) ?? []), ...hooks])
  const ofRules = [...hooksOf].map(([topic, hooks]) => ({
    topic,
    deadLetters: false,
    largestRecordBytes: largestRecordBytes(hooks, maxPacketBytes),
  }))
  return deadLetterTopic === null ? ofRules : [...ofRules, deadLetterNeed(deadLetterTopic)]
}

/** Values are cut to a length before they become dead letters; what stands around them is that of any record. */
const deadLetterNeed = (topic: string): TopicNeed => ({
  topic,
  deadLetters: true,
  largestRecordBytes: MAX_DEAD_VALUE_BYTES + largestRecordBytes([], 0),
})
