import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs'
import { cureKafkaJsTimers } from '../../../src/kafka/kafkajs-timers.ts'

/** A client that says nothing and gives up at once: callers decide how long to try. */
export function quietKafka(bootstrap: string, options: { readonly retries?: number } = {}): Kafka {
  cureKafkaJsTimers()
  return new Kafka({
    clientId: 'exhook-kafka-test',
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { retries: options.retries ?? 5, initialRetryTime: 50, maxRetryTime: 1_000 },
  })
}

/** Runs `use` with a connected admin client and closes it, whatever happens. */
export async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/** Creates a topic and waits until its partitions have leaders. A topic that is there already is left as it is. */
export async function createTopic(
  bootstrap: string,
  topic: string,
  partitions = 1,
  config: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value: String(value) }))
  await create(bootstrap, [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }])
}

/** Creates many topics at once, and waits until their partitions have leaders. */
export async function createTopics(
  bootstrap: string,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  await create(
    bootstrap,
    topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: -1 })),
  )
}

const LEADERS_WITHIN_MS = 10_000

async function create(bootstrap: string, topics: ITopicConfig[]): Promise<void> {
  await withAdmin(quietKafka(bootstrap), async (admin) => {
    await admin.createTopics({ topics, waitForLeaders: false })
    // kafkajs's own wait gives up when a broker has not yet heard of a topic that the controller has just made.
    const names = topics.map(({ topic }) => topic)
    const deadline = performance.now() + LEADERS_WITHIN_MS
    for (;;) {
      try {
        await admin.fetchTopicMetadata({ topics: names })
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  })
}

/** The names of all topics. */
export const listTopics = (bootstrap: string): Promise<readonly string[]> =>
  withAdmin(quietKafka(bootstrap), (admin) => admin.listTopics())

/** Deletes a topic, or several, and waits until the broker no longer lists it. */
export async function deleteTopic(bootstrap: string, topic: string | readonly string[]): Promise<void> {
  await withAdmin(quietKafka(bootstrap), async (admin) => {
    const topics = typeof topic === 'string' ? [topic] : [...topic]
    await admin.deleteTopics({ topics })
    while ((await admin.listTopics()).some((one) => topics.includes(one)))
      await new Promise((resolve) => setTimeout(resolve, 50))
  })
}

/** Whether a broker answers now, and is in service: it lists itself only when it is. */
export async function answers(bootstrap: string): Promise<boolean> {
  try {
    const cluster = await withAdmin(quietKafka(bootstrap, { retries: 0 }), (admin) => admin.describeCluster())
    return cluster.brokers.length > 0
  } catch {
    return false
  }
}
