import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import type { KafkaJs } from './kafkajs-client.ts'

/**
 * kafkajs's own view of a cluster, which its consumer is built on. kafkajs offers reading only to the members of a
 * group; a member that only looks would still take partitions away from the others, need a group's rights and be
 * seen by everyone. So what lies below is used: the requests themselves. All offsets are decimal text.
 */
export interface KafkaJsCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Reads the topic's metadata; throws when it is unknown or forbidden. */
  addTargetTopic(topic: string): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findTopicPartitionMetadata(
    topic: string,
  ): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(broker: { readonly nodeId: number | string }): Promise<KafkaJsBroker>
  findGroupCoordinator(group: { readonly groupId: string }): Promise<KafkaJsBroker>
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number }[]
      readonly fromBeginning: boolean
    }[],
  ): Promise<readonly { readonly partitions: readonly PartitionOffset[] }[]>
}

export interface PartitionOffset {
  readonly partition: number
  readonly offset: string
}

export interface KafkaJsBroker {
  fetch(request: {
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly isolationLevel: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>
  offsetFetch(request: {
    readonly groupId: string
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number }[]
    }[]
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly PartitionOffset[] }[] }>
  offsetCommit(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionOffset[] }[]
  }): Promise<unknown>
  describeGroups(request: {
    readonly groupIds: readonly string[]
  }): Promise<{ readonly groups: readonly { readonly members: readonly unknown[] }[] }>
}

/** One partition's part of the answer to a fetch, before kafkajs sorts out what a reader may see. */
export interface FetchedPartition {
  readonly partition: number
  /** The end of what transactions have committed; records up to here can be read. */
  readonly lastStableOffset: string
  readonly messages: readonly unknown[]
}

/** What a reader may see of a fetch: no control records, nothing of aborted transactions, nothing from before the offset. */
export interface KafkaJsBatch {
  readonly messages: readonly KafkaMessage[]
  /** The last offset that the fetch covered; not to be asked where Kafka sent no messages at all. */
  lastOffset(): string
}

type ClusterFactory = (options: {
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAge: number
  readonly isolationLevel: number
}) => KafkaJsCluster

/** Kafka's number for `read_committed`. */
export const READ_COMMITTED = 1

/** New partitions are found after this long. */
const METADATA_MAX_AGE_MS = 60_000

/** A connection of its own to the cluster, through kafkajs 2.2.4's private door. */
export function createKafkaJsCluster(kafka: KafkaJs): KafkaJsCluster {
  const door = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  if (door === undefined) throw new Error('this version of kafkajs has no cluster to read from')
  const create = (kafka as unknown as Record<symbol, ClusterFactory>)[door] as ClusterFactory
  return create({
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    isolationLevel: READ_COMMITTED,
  })
}

/** kafkajs's own sorting of what Kafka sent. */
export function createKafkaJsBatch(
  topic: string,
  fetchedOffset: number,
  fetched: FetchedPartition,
): KafkaJsBatch {
  BatchClass ??= createRequire(import.meta.url)('kafkajs/src/consumer/batch') as BatchConstructor
  return new BatchClass(topic, String(fetchedOffset), fetched)
}

type BatchConstructor = new (topic: string, fetchedOffset: string, fetched: FetchedPartition) => KafkaJsBatch

let BatchClass: BatchConstructor | undefined
