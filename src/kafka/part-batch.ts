import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { FrozenBatch, KafkaFailure, SendOutcome } from './kafka-driver.ts'
import { choosePartitions } from './partitioned-batch.ts'
import type { TopicView } from './topic-view.ts'

/** The records of a batch that go to one partition, in order. Known by identity to the producer's numbers. */
export interface Part {
  readonly partition: number
  readonly records: readonly KafkaRecord[]
}

/** A frozen batch whose records are sorted into parts once the topic's metadata was read. */
export interface PartBatch extends FrozenBatch {
  /** Null until the first attempt. A part never changes afterwards. */
  parts: readonly Part[] | null
}

/** What became of a part; null: delivered. */
export interface PartEnd {
  readonly part: Part
  readonly failure: KafkaFailure | null
}

/** Sorts the records by partition; `turn` is as in `choosePartitions`. */
export function partsOf(batch: FrozenBatch, view: TopicView, turn: number): readonly Part[] {
  const parts = new Map<number, KafkaRecord[]>()
  const partitions = choosePartitions(batch.records, view, turn)
  batch.records.forEach((record, i) => {
    const partition = partitions[i] ?? 0
    const records = parts.get(partition)
    if (records === undefined) parts.set(partition, [record])
    else records.push(record)
  })
  return Array.from(parts, ([partition, records]) => ({ partition, records }))
}

/** Groups parts by the broker that leads their partition; -1: nobody does. */
export function byLeader(parts: readonly Part[], view: TopicView): ReadonlyMap<number, readonly Part[]> {
  return Map.groupBy(parts, ({ partition }) => view.leaders[partition] ?? -1)
}

/**
 * The outcome of a batch from those of its parts. Parts that failed alike stay together, so that they are sent again in
 * one request; a part with a refused record goes alone, since it will be split.
 */
export function outcomeOf(batch: PartBatch, ends: readonly PartEnd[]): SendOutcome {
  const delivered = ends.flatMap(({ part, failure }) => (failure === null ? part.records : []))
  const alike = new Map<string, { parts: Part[]; failure: KafkaFailure }>()
  for (const { part, failure } of ends) {
    if (failure === null) continue
    const name = failure.kind === 'record' ? `record ${part.partition}` : `${failure.kind} ${failure.code}`
    const group = alike.get(name)
    if (group === undefined) alike.set(name, { parts: [part], failure })
    else group.parts.push(part)
  }
  const left = Array.from(alike.values(), ({ parts, failure }) => ({
    failure,
    batch: parts.length === batch.parts?.length ? batch : batchOf(batch.topic, parts),
  }))
  return { delivered, left }
}

const batchOf = (topic: string, parts: readonly Part[]): PartBatch => ({
  topic,
  parts,
  records: parts.flatMap(({ records }) => records),
})
