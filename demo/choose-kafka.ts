import { KAFKA_VERSION } from '../test/support/kafka/jars.ts'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import { answers } from '../test/support/kafka/topics.ts'
import { dockerAnswers, startDockerKafka } from './docker-kafka.ts'

/** A Kafka for the demo. */
export interface DemoKafka {
  readonly bootstrap: string
  /** What it is, for people. */
  readonly name: string
  /** Leaves a Kafka alone that was there before. */
  stop(): Promise<void>
}

/**
 * The first that can be had: the one of `KAFKA_BOOTSTRAP`; Java with the jars from Maven Central; Docker.
 * Undefined when none can be had, after saying why of each.
 * @throws Error when KAFKA_BOOTSTRAP is set and nobody answers there: then no other Kafka is meant.
 */
export async function chooseKafka(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<DemoKafka | undefined> {
  const own = env.KAFKA_BOOTSTRAP
  if (own !== undefined && own !== '') {
    if (!(await answers(own))) throw new Error(`no Kafka answers at KAFKA_BOOTSTRAP=${own}`)
    return { bootstrap: own, name: 'the Kafka of KAFKA_BOOTSTRAP', stop: async () => {} }
  }
  try {
    const kafka = await startKafka({ onLog: (line) => line.includes(' WARN ') || say(line) })
    return { bootstrap: kafka.bootstrap, name: `Apache Kafka ${KAFKA_VERSION} (Java)`, stop: kafka.stop }
  } catch (error) {
    say(`not with Java: ${messageOf(error)}`)
  }
  if (!(await dockerAnswers())) {
    say('not with Docker: no engine answers')
    return undefined
  }
  try {
    say(`starting Apache Kafka ${KAFKA_VERSION} with Docker`)
    return { ...(await startDockerKafka()), name: `Apache Kafka ${KAFKA_VERSION} (Docker)` }
  } catch (error) {
    say(`not with Docker: ${messageOf(error)}`)
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
