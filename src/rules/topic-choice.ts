import { isAllowed } from './allowed-topics.ts'
import { reasonWithoutValue, TOO_DEEP, TOO_LARGE } from './json-payload.ts'
import { kafkaTopicProblem } from './kafka-topic.ts'
import type { RuleInput } from './rule-input.ts'
import type { RuleError, Surroundings, TopicErrorCode } from './surroundings.ts'
import { compileStrictTemplate } from './template.ts'

/**
 * The Kafka topic of a record; with an error where it has none: `topic` is then the name that was asked for, cut when it is
 * long, or the template when something of it was missing.
 */
export interface TopicChoice {
  readonly topic: string
  readonly error: RuleError | null
}

/** Chooses the Kafka topic of a record whose rule has a template for it. Never throws. */
export type ChooseTopic = (input: RuleInput, around: Surroundings) => TopicChoice

/** More of an illegal name is not kept. */
const MAX_SHOWN = 300

/** What devices send chooses the topic, so that every name is checked here: `allow` is the rule's. */
export function compileTopicChoice(template: string, allow: readonly string[]): ChooseTopic {
  const fill = compileStrictTemplate(template)
  return (input, around) => {
    const filled = fill(input)
    if ('missing' in filled)
      return refused(template, 'TOPIC_MISSING_FIELD', missingProblem(filled.missing, input))
    const { text: topic } = filled
    const problem = kafkaTopicProblem(topic)
    if (problem !== null) return refused(topic.slice(0, MAX_SHOWN), 'TOPIC_ILLEGAL', problem)
    if (topic === around.deadLetterTopic || !isAllowed(allow, topic))
      return refused(topic, 'TOPIC_NOT_ALLOWED', '`allow` of the rule does not name it')
    if (!around.topics.admits(topic))
      return refused(topic, 'TOO_MANY_TOPICS', 'records go to kafka.max_topics other topics already')
    return { topic, error: null }
  }
}

function missingProblem(variable: string, input: RuleInput): string {
  const json = /^payload[.[]/.test(variable) ? input.json() : null
  const why = json === TOO_LARGE || json === TOO_DEEP ? `: ${reasonWithoutValue(json)}` : ''
  return `\${${variable}} is missing or empty${why}`
}

const refused = (topic: string, code: TopicErrorCode, message: string): TopicChoice => ({
  topic,
  error: { code, message },
})
