import { randomUUID } from 'node:crypto'
import { quietKafka, withAdmin } from '../../test/support/kafka/topics.ts'
import { createOrderCheck, type OrderVerdict } from './order-check.ts'

const READ_WITHIN_MS = 120_000

/** Of all calls that a server got whose records go to one topic. */
export interface CallCounts {
  readonly answered: number
  readonly failed: number
}

/**
 * Reads a Kafka topic from its beginning to where it ends now, and says what became of the calls that were to be in it.
 * @throws Error when the topic cannot be read to its end in time.
 */
export async function verifyTopic(
  bootstrap: string,
  topic: string,
  { answered, failed }: CallCounts,
): Promise<OrderVerdict> {
  const kafka = quietKafka(bootstrap)
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic))
  let left = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  const check = createOrderCheck()
  if (left === 0) return check.verdict(answered, failed)
  const consumer = kafka.consumer({
    groupId: `bench-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 8 << 20,
  })
  let timer: NodeJS.Timeout | undefined
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const late = new Error(`${topic} was not read within ${READ_WITHIN_MS} ms`)
      timer = setTimeout(() => reject(late), READ_WITHIN_MS)
      consumer
        .run({
          autoCommit: false,
          async eachBatch({ batch: { messages, partition } }) {
            try {
              for (const { key, value } of messages)
                check.add(key?.toString() ?? null, value ?? Buffer.alloc(0), partition)
            } catch (error) {
              reject(error)
            }
            left -= messages.length
            if (left <= 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
  return check.verdict(answered, failed)
}
