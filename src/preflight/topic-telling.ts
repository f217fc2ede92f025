import type { Logger } from 'pino'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { TopicState } from './topic-state.ts'

/** What is said about the topics: each problem once while it lasts, and its end. */
export interface TopicTelling {
  /** A look came to something. `asked`: somebody wanted one (the start, a reload, Kafka is back), so the sum is told in any case. */
  looked(states: readonly TopicState[], asked: boolean): void
  /** A look came to nothing. */
  failed(failure: KafkaFailure): void
}

/** A thousand topics with the same mistake are no thousand lines. */
const MAX_LINES = 20

export function createTopicTelling(log: Logger): TopicTelling {
  /** The problem of each topic that has one, in a form to compare. */
  let told = new Map<string, string>()
  let failureTold: string | null = null

  function tellProblems(states: readonly TopicState[]): void {
    for (const { topic, problem } of states.slice(0, MAX_LINES)) {
      if (problem === null) continue
      const { kind, details, text, fix } = problem
      log.warn({ topic, problem: kind, ...details, fix }, text)
    }
    const more = states.length - MAX_LINES
    if (more > 0) log.warn({ more }, 'more topics have problems: see /readyz and exhook_topic_ready')
  }

  function tellSum(states: readonly TopicState[]): void {
    const good = states.filter(({ problem }) => problem === null)
    const sum = good.length === states.length ? `${good.length}` : `${good.length} of ${states.length}`
    const partitions = states.reduce((sum, state) => sum + state.partitions, 0)
    const limitNotKnown = states.filter((state) => state.ready && state.maxMessageBytes === null).length
    log.info(
      { topics: states.length, inOrder: good.length, partitions, limitNotKnown },
      `${sum} ${sum === '1' ? 'topic is' : 'topics are'} in order`,
    )
  }

  return {
    looked(states, asked) {
      failureTold = null
      const now = new Map(
        states.flatMap(({ topic, problem }) =>
          problem === null ? [] : [[topic, JSON.stringify([problem.kind, problem.details])] as const],
        ),
      )
      const fresh = states.filter(({ topic }) => now.has(topic) && now.get(topic) !== told.get(topic))
      const mended = states.filter(({ topic }) => told.has(topic) && !now.has(topic))
      told = now
      tellProblems(fresh)
      for (const { topic } of mended.slice(0, MAX_LINES)) log.info({ topic }, 'the topic is in order now')
      if (asked || fresh.length + mended.length > 0) tellSum(states)
    },
    failed({ kind, code, message }) {
      if (failureTold === code) return
      failureTold = code
      // That Kafka cannot be reached is told by those who send.
      log[kind === 'connection' ? 'debug' : 'warn'](
        { kind, code, error: message },
        'the topics could not be looked at: trying again',
      )
    },
  }
}
