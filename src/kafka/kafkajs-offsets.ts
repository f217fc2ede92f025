import type { KafkaJsCluster, PartitionOffset } from './kafkajs-cluster.ts'
import { GROUP_HAS_MEMBERS, KafkaReadError } from './record-reader.ts'

/** Where something stands in each partition, by partition id. */
export type Offsets = ReadonlyMap<number, number>

/** The first offset that each partition still has, or its end: one after the last that can be read. */
export async function edgeOf(
  cluster: KafkaJsCluster,
  topic: string,
  edge: 'earliest' | 'latest',
  partitions = partitionsOf(cluster, topic),
): Promise<Offsets> {
  const asked = partitions.map((partition) => ({ partition }))
  const found = await cluster.fetchTopicsOffset([
    { topic, partitions: asked, fromBeginning: edge === 'earliest' },
  ])
  return toOffsets(found[0]?.partitions ?? [])
}

export const partitionsOf = (cluster: KafkaJsCluster, topic: string): readonly number[] =>
  cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)

/** What the group has committed; a partition without an offset is missing. */
export async function committedOf(cluster: KafkaJsCluster, group: string, topic: string): Promise<Offsets> {
  const coordinator = await cluster.findGroupCoordinator({ groupId: group })
  const partitions = partitionsOf(cluster, topic).map((partition) => ({ partition }))
  const { responses } = await coordinator.offsetFetch({ groupId: group, topics: [{ topic, partitions }] })
  const found = toOffsets(responses[0]?.partitions ?? [])
  return new Map([...found].filter(([, offset]) => offset >= 0))
}

/** Sets offsets of a group as somebody who is no member of it may, as long as it has none. */
export async function commitTo(
  cluster: KafkaJsCluster,
  group: string,
  topic: string,
  offsets: Offsets,
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
  const coordinator = await cluster.findGroupCoordinator({ groupId: group })
  await coordinator.offsetCommit({
    groupId: group,
    groupGenerationId: -1,
    memberId: '',
    topics: [{ topic, partitions }],
  })
}

/** @throws KafkaReadError when somebody is a member of the group: its offsets are theirs. */
export async function requireNoMembers(cluster: KafkaJsCluster, group: string): Promise<void> {
  const coordinator = await cluster.findGroupCoordinator({ groupId: group })
  const { groups } = await coordinator.describeGroups({ groupIds: [group] })
  const members = groups[0]?.members.length ?? 0
  if (members === 0) return
  const message = `the group has ${members} ${members === 1 ? 'member' : 'members'} that read with it now`
  throw new KafkaReadError({ kind: 'topic', code: GROUP_HAS_MEMBERS, message })
}

const toOffsets = (partitions: readonly PartitionOffset[]): Offsets =>
  new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]))
