import type { Admin } from 'kafkajs'
import type { KafkaJs } from './kafkajs-client.ts'
import { sortKafkaJsError } from './kafkajs-errors.ts'
import type { TopicView } from './topic-view.ts'

/**
 * Reads metadata over a connection of its own, apart from the producer's. kafkajs asks for the metadata of all topics
 * it ever met in one request and fails it whole when one of them is bad (tulios/kafkajs#1622), so a topic is looked
 * at here, alone, before the producer may meet it.
 */
export interface KafkaJsProbe {
  /** Throws kafkajs's error when the topic is unknown, forbidden or has a partition without a leader. */
  topic(name: string): Promise<TopicView>
  /** Throws when no broker answers. `name` is a topic to ask for; what Kafka says of it does not matter. */
  ping(name: string | undefined): Promise<void>
  stop(): Promise<void>
}

export function createKafkaJsProbe(kafka: KafkaJs): KafkaJsProbe {
  let connecting: Promise<Admin> | null = null

  async function connect(): Promise<Admin> {
    const admin = kafka.admin({ retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 100 } })
    try {
      await admin.connect()
      return admin
    } catch (error) {
      await admin.disconnect().catch(() => {})
      throw error
    }
  }

  /** After a failure that is not Kafka's own word the client is replaced: kafkajs does not always recover. */
  async function withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    connecting ??= connect()
    const mine = connecting
    try {
      return await ask(await mine)
    } catch (error) {
      if (!brokerAnswered(error) && connecting === mine) {
        connecting = null
        void mine.then((admin) => admin.disconnect()).catch(() => {})
      }
      throw error
    }
  }

  async function topic(name: string): Promise<TopicView> {
    const { topics } = await withAdmin((admin) => admin.fetchTopicMetadata({ topics: [name] }))
    const partitions = topics.find((found) => found.name === name)?.partitions ?? []
    const leaders: number[] = Array.from({ length: partitions.length }, () => -1)
    for (const { partitionId, leader } of partitions) leaders[partitionId] = leader
    return { partitions: partitions.length, leaders }
  }

  return {
    topic,
    async ping(name) {
      try {
        if (name === undefined) await withAdmin((admin) => admin.describeCluster())
        else await topic(name)
      } catch (error) {
        if (!brokerAnswered(error)) throw error
      }
    },
    async stop() {
      const mine = connecting
      connecting = null
      await mine?.then((admin) => admin.disconnect()).catch(() => {})
    },
  }
}

/** Whether a broker answered, if only with an error about a topic. */
function brokerAnswered(error: unknown): boolean {
  const { kind, code } = sortKafkaJsError(error)
  return kind === 'topic' || code === 'LEADER_NOT_AVAILABLE'
}
