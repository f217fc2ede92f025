import type { KafkaMessage } from 'kafkajs'
import {
  createKafkaJsBatch,
  type FetchedPartition,
  type KafkaJsCluster,
  READ_COMMITTED,
} from './kafkajs-cluster.ts'
import { edgeOf } from './kafkajs-offsets.ts'
import type { ReadBatch, ReadRecord } from './record-reader.ts'

/** Where a reading stands. */
export interface Reading {
  readonly topic: string
  /** The next offset of each partition. */
  readonly next: Map<number, number>
  /** Where each partition ends; null: nowhere. */
  readonly end: ReadonlyMap<number, number> | null
  /** Partitions whose last fetch brought nothing though there was something to fetch; they are asked for alone. */
  readonly silent: Set<number>
}

/** How long a broker waits for records before it answers that there are none. */
const MAX_WAIT_MS = 250
/** A single larger record comes all the same: Kafka sends at least one batch. */
const MAX_PARTITION_BYTES = 1024 * 1024
const MAX_BYTES = 8 * MAX_PARTITION_BYTES

/** What one fetch brought of one partition, and the offset after it. */
export interface Fetched {
  readonly batch: ReadBatch
  readonly next: number
}

/** Asks each broker once for what follows in the partitions that it leads and that have not ended. */
export async function fetchRound(cluster: KafkaJsCluster, reading: Reading): Promise<readonly Fetched[]> {
  const byLeader = new Map<number, number[]>()
  for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(reading.topic)) {
    const next = reading.next.get(partitionId)
    if (next === undefined || next >= (reading.end?.get(partitionId) ?? Number.POSITIVE_INFINITY)) continue
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partitionId])
  }
  const requests = [...byLeader].map(([leader, partitions]) => {
    // A silent one goes alone, so that no other can have taken all the room of the answer.
    const alone = partitions.find((partition) => reading.silent.has(partition))
    return fetchFrom(cluster, reading, leader, alone === undefined ? partitions : [alone])
  })
  return (await Promise.all(requests)).flat()
}

async function fetchFrom(
  cluster: KafkaJsCluster,
  reading: Reading,
  leader: number,
  partitions: readonly number[],
): Promise<readonly Fetched[]> {
  const { topic } = reading
  const broker = await cluster.findBroker({ nodeId: leader })
  const asked = partitions.map((partition) => ({
    partition,
    fetchOffset: String(reading.next.get(partition) ?? 0),
    maxBytes: MAX_PARTITION_BYTES,
  }))
  try {
    const { responses } = await broker.fetch({
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: asked }],
    })
    const alone = partitions.length === 1
    return responses.flatMap((response) => response.partitions.map((part) => taken(reading, part, alone)))
  } catch (error) {
    if ((error as { readonly type?: unknown }).type !== 'OFFSET_OUT_OF_RANGE') throw error
    return skipDeleted(cluster, reading, partitions)
  }
}

function taken(reading: Reading, part: FetchedPartition, alone: boolean): Fetched {
  const { topic, silent, end } = reading
  const { partition } = part
  const at = reading.next.get(partition) ?? 0
  const nothing: ReadBatch = { partition, records: [] }
  const readableTo = Number(part.lastStableOffset)
  if (part.messages.length === 0) {
    if (readableTo <= at) return { batch: nothing, next: at }
    // There is something, and it holds no records: what compaction leaves of a batch. Or others took all the room
    // of the answer; so it is asked for alone once more before it is skipped.
    if (!alone) silent.add(partition)
    else silent.delete(partition)
    return { batch: nothing, next: alone ? readableTo : at }
  }
  silent.delete(partition)
  const batch = createKafkaJsBatch(topic, at, part)
  const limit = end?.get(partition) ?? Number.POSITIVE_INFINITY
  const records = batch.messages.map((message) => toRecord(topic, partition, message))
  return {
    batch: { partition, records: records.filter(({ offset }) => offset < limit) },
    next: Number(batch.lastOffset()) + 1,
  }
}

/** Retention deleted what was next, or the topic was made anew: on with the first that is there. */
async function skipDeleted(
  cluster: KafkaJsCluster,
  { topic, next }: Reading,
  partitions: readonly number[],
): Promise<readonly Fetched[]> {
  const low = await edgeOf(cluster, topic, 'earliest', partitions)
  const high = await edgeOf(cluster, topic, 'latest', partitions)
  return partitions.flatMap((partition) => {
    const at = next.get(partition) ?? 0
    const lowest = low.get(partition) ?? 0
    const outside = at < lowest || at > (high.get(partition) ?? 0)
    return outside ? [{ batch: { partition, records: [] }, next: lowest }] : []
  })
}

function toRecord(topic: string, partition: number, message: KafkaMessage): ReadRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key ?? null,
    value: message.value ?? null,
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [name, headerValues(value)]),
    ),
  }
}

function headerValues(value: unknown): readonly (Buffer | null)[] {
  const values = Array.isArray(value) ? value : [value]
  return values.map((one) => (Buffer.isBuffer(one) ? one : typeof one === 'string' ? Buffer.from(one) : null))
}
