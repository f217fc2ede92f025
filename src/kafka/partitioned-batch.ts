import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { FrozenBatch } from './kafka-driver.ts'
import { partitionForKey } from './murmur2.ts'
import type { TopicView } from './topic-view.ts'

/** A frozen batch whose records know their partitions once the topic's metadata was read. */
export interface PartitionedBatch extends FrozenBatch {
  /** By record; null until the first attempt. Stays so for as long as it `fits`. */
  partitions: readonly number[] | null
  /** Attempts that ended in a failure. */
  failures: number
}

/**
 * Fixes the partition of each record: its own where its rule chose one and the topic has it, else by key as Java does; records without a key
 * share one partition a batch, as with Java's sticky partitioner, and `turn` says which.
 */
export function choosePartitions(
  records: readonly KafkaRecord[],
  view: TopicView,
  turn: number,
): readonly number[] {
  const sticky = turn % view.partitions
  return records.map(({ key, partition }) => {
    if (partition !== null && partition < view.partitions) return partition
    return key === null ? sticky : partitionForKey(key, view.partitions)
  })
}

/**
 * Whether the topic still has the partitions chosen. If not, it was deleted and made anew with fewer, so what was sent
 * before is gone with the old one, and partitions may be chosen again.
 */
export const fits = ({ partitions }: PartitionedBatch, view: TopicView): boolean =>
  partitions?.every((partition) => partition < view.partitions) ?? true

/** Splits a batch by what `groupOf` says of each partition. Order within a group is kept. */
export function splitBy(
  batch: PartitionedBatch,
  groupOf: (partition: number) => number,
): readonly PartitionedBatch[] {
  const partitions = batch.partitions ?? []
  const groups = new Map<number, { records: KafkaRecord[]; partitions: number[] }>()
  batch.records.forEach((record, i) => {
    const partition = partitions[i] ?? 0
    const name = groupOf(partition)
    let group = groups.get(name)
    if (group === undefined) {
      group = { records: [], partitions: [] }
      groups.set(name, group)
    }
    group.records.push(record)
    group.partitions.push(partition)
  })
  if (groups.size === 1) return [batch]
  return [...groups.values()].map((group) => ({ topic: batch.topic, failures: batch.failures, ...group }))
}

/** Whether all records of the batch go to one partition, so that an error about the batch is about that partition. */
export const hasOnePartition = (batch: PartitionedBatch): boolean =>
  batch.partitions?.every((partition) => partition === batch.partitions?.[0]) ?? false
