import type { ICustomPartitioner, Message, PartitionMetadata } from 'kafkajs'

/** A message that names its partition and the broker it is meant for. */
export interface GuardedMessage extends Message {
  readonly partition: number
  readonly expectedLeader: number
}

/**
 * In place of a partitioner: keeps the partition already chosen, and refuses the whole call before anything is sent
 * when kafkajs's metadata does not put it on the broker expected. So one call makes one request to one broker.
 * That matters twice over: a call that spans brokers may succeed on one and fail on another, and kafkajs then
 * numbers the part that succeeded anew, which is a duplicate; and a message for a partition that kafkajs does
 * not know yet is left out without a word.
 */
export const createLeaderGuard: ICustomPartitioner = () => {
  const leadersOf = new WeakMap<PartitionMetadata[], Map<number, number>>()

  return ({ topic, partitionMetadata, message }) => {
    const { partition, expectedLeader } = message as GuardedMessage
    let leaders = leadersOf.get(partitionMetadata)
    if (leaders === undefined) {
      leaders = new Map(partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader]))
      leadersOf.set(partitionMetadata, leaders)
    }
    if (leaders.get(partition) !== expectedLeader) throw new StaleMetadataError(topic, partition)
    return partition
  }
}

/** kafkajs reads its metadata again after an error of this name. */
export const STALE_METADATA = 'KafkaJSMetadataNotLoaded'

class StaleMetadataError extends Error {
  readonly retriable = true

  constructor(topic: string, partition: number) {
    super(`the leader of partition ${partition} of "${topic}" is not the one expected`)
    this.name = STALE_METADATA
  }
}
