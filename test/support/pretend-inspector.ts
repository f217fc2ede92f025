import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaFailure } from '../../src/kafka/kafka-driver.ts'
import type { TopicInspector, TopicReport, TopicSpec } from '../../src/kafka/topic-inspector.ts'

/**
 * A TopicInspector over topics that are set by hand, for moments that no broker shows on demand. The real one is tested on
 * a real broker.
 */
export interface PretendInspector extends TopicInspector {
  /** What there is, by topic. */
  readonly topics: Map<string, Partial<TopicReport>>
  /** The topics of each look so far. */
  readonly looks: (readonly string[])[]
  readonly specs: TopicSpec[]
  /** Why nothing is answered; null: it is. */
  failure: KafkaFailure | null
  /** Why each topic cannot be created. */
  readonly refusals: Map<string, KafkaFailure>
  answerAfterMs: number
  /** New topics are seen only at the so manieth look after their creation. */
  seenAfterLooks: number
}

export function createPretendInspector(topics: Readonly<Record<string, Partial<TopicReport>>> = {}) {
  const unseen = new Map<string, number>()

  function reportOf(topic: string): TopicReport {
    const none = { topic, error: null, partitions: 0, leaderless: [], mayWrite: true, maxMessageBytes: 1e9 }
    const found = inspector.topics.get(topic)
    const left = unseen.get(topic) ?? 0
    unseen.set(topic, left - 1)
    if (found === undefined || left > 0) return { ...none, error: 'UNKNOWN_TOPIC_OR_PARTITION' }
    return { ...none, partitions: 3, ...found }
  }

  const inspector: PretendInspector = {
    topics: new Map(Object.entries(topics)),
    looks: [],
    specs: [],
    failure: null,
    refusals: new Map(),
    answerAfterMs: 0,
    seenAfterLooks: 0,
    async inspect(asked) {
      inspector.looks.push(asked)
      await sleep(inspector.answerAfterMs)
      const { failure } = inspector
      return { reports: failure === null ? asked.map(reportOf) : [], failure }
    },
    async create(asked, spec) {
      inspector.specs.push(spec)
      const { failure } = inspector
      if (failure !== null) return { created: [], refused: new Map(), failure }
      const refused = new Map([...inspector.refusals].filter(([topic]) => asked.includes(topic)))
      const created = asked.filter((topic) => !refused.has(topic) && !inspector.topics.has(topic))
      for (const topic of created) {
        inspector.topics.set(topic, { partitions: spec.partitions ?? 1 })
        unseen.set(topic, inspector.seenAfterLooks)
      }
      return { created, refused, failure: null }
    },
  }
  return inspector
}
