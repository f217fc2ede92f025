import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs'
import { quietKafka, withAdmin } from './topics.ts'

/** A record as a consumer finds it in Kafka. */
export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  /** Empty for a null value. */
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** The record's own timestamp, in ms since 1970. */
  readonly timestampMs: number
}

export interface ConsumeOptions {
  /**
   * When it is enough: so many records, or a predicate asked after each batch.
   * Default: everything that is in the topics at the time of the call.
   */
  readonly until?: number | ((records: readonly ConsumedRecord[]) => boolean)
  /** Default: 20 s. */
  readonly timeoutMs?: number
}

/** Reading ended before there was enough; `records` holds what came. */
export class ConsumeTimeoutError extends Error {
  readonly records: readonly ConsumedRecord[]

  constructor(message: string, records: readonly ConsumedRecord[]) {
    super(message)
    this.records = records
  }
}

/** A consumer that runs until it is stopped. */
export interface TopicFollower {
  /** Safe twice. */
  stop(): Promise<void>
}

/**
 * Reads topics from their beginning, in order for each partition.
 * @throws ConsumeTimeoutError when there is not enough in time.
 */
export async function consumeAll(
  bootstrap: string,
  topics: readonly string[],
  options: ConsumeOptions = {},
): Promise<ConsumedRecord[]> {
  const { until, timeoutMs = 20_000 } = options
  const records: ConsumedRecord[] = []
  const enough = until === undefined ? await allThatIsThere(bootstrap, topics) : enoughWhen(until)
  if (enough(records)) return records

  let follower: TopicFollower | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        const wanted = typeof until === 'number' ? ` of ${until}` : ''
        const message = `${records.length}${wanted} records of ${topics.join(', ')} within ${timeoutMs} ms`
        reject(new ConsumeTimeoutError(message, records))
      }, timeoutMs)
      const onBatch = (batch: ConsumedRecord[]) => {
        for (const record of batch) records.push(record)
        if (enough(records)) resolve()
      }
      follow(bootstrap, topics, onBatch).then((started) => {
        follower = started
      }, reject)
    })
    return records
  } finally {
    clearTimeout(timer)
    await follower?.stop()
  }
}

/**
 * Reads topics from their beginning and goes on until stopped, over restarts of the broker too; each record is told
 * once. Returns when the consumer runs.
 */
export function followTopics(
  bootstrap: string,
  topics: readonly string[],
  onRecord: (record: ConsumedRecord) => void,
): Promise<TopicFollower> {
  return follow(bootstrap, topics, (batch) => batch.forEach(onRecord))
}

async function follow(
  bootstrap: string,
  topics: readonly string[],
  onBatch: (batch: ConsumedRecord[]) => void,
): Promise<TopicFollower> {
  const consumer: Consumer = quietKafka(bootstrap, { retries: Number.MAX_SAFE_INTEGER }).consumer({
    groupId: `exhook-kafka-test-${randomUUID()}`,
    minBytes: 1,
    maxWaitTimeInMs: 100,
    rebalanceTimeout: 5_000,
    allowAutoTopicCreation: false,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  // Nothing is ever committed, so a group that had to form anew reads from the beginning again: skip what was told.
  const next = new Map<string, number>()
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch }) {
      const place = `${batch.topic}/${batch.partition}`
      const from = next.get(place) ?? 0
      const records = batch.messages.map((m) => toRecord(batch.topic, batch.partition, m))
      const last = records.at(-1)
      if (last === undefined) return
      next.set(place, Math.max(from, last.offset + 1))
      onBatch(records.filter((record) => record.offset >= from))
    },
  })
  let stopping: Promise<void> | undefined
  return {
    stop() {
      stopping ??= consumer.disconnect()
      return stopping
    },
  }
}

async function allThatIsThere(
  bootstrap: string,
  topics: readonly string[],
): Promise<(records: readonly ConsumedRecord[]) => boolean> {
  const offsets = await withAdmin(quietKafka(bootstrap), (admin) =>
    Promise.all(topics.map((topic) => whenItHasALeader(() => admin.fetchTopicOffsets(topic)))),
  )
  const there = offsets.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  return (records) => records.length >= there
}

/** The broker of a topic that was just made may not know yet that it leads it, though the metadata say so. */
async function whenItHasALeader<T>(ask: () => Promise<T>, left = 50): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (left === 0 || (error as { readonly type?: string }).type !== 'NOT_LEADER_FOR_PARTITION') throw error
    await sleep(100)
    return whenItHasALeader(ask, left - 1)
  }
}

function enoughWhen(
  until: NonNullable<ConsumeOptions['until']>,
): (records: readonly ConsumedRecord[]) => boolean {
  return typeof until === 'number' ? (records) => records.length >= until : until
}

function toRecord(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    value: message.value ?? Buffer.alloc(0),
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [name, headerText(value)]),
    ),
    timestampMs: Number(message.timestamp),
  }
}

function headerText(value: IHeaders[string]): string {
  return Array.isArray(value) ? value.map(String).join(',') : String(value ?? '')
}
