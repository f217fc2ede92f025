import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { PartitionedBatch } from './partitioned-batch.ts'

/**
 * What was sent to a partition and may be there or not. kafkajs gives the numbers of such a part to whatever is sent to
 * the partition next. If that is not the same part again, because somebody gave the part up, the broker may take it for
 * the part it has already and acknowledge it without keeping it: a loss that nobody sees. So the producer id is then
 * to be replaced first.
 */
export interface DoubtfulParts {
  /** Whether some partition of the batch is in doubt about another part than the batch's own. */
  forbids(batch: PartitionedBatch): boolean
  /** The batch's fate is not known. */
  doubt(batch: PartitionedBatch): void
  /** The batch's fate is known. */
  settle(batch: PartitionedBatch): void
}

export function createDoubtfulParts(): DoubtfulParts {
  // Of each partition of each topic, the first record of the part: a part that is sent again begins with the same.
  const firstRecords = new Map<string, KafkaRecord>()

  return {
    forbids(batch) {
      if (firstRecords.size === 0) return false
      return firstOf(batch).some(([place, record]) => {
        const doubted = firstRecords.get(place)
        return doubted !== undefined && doubted !== record
      })
    },
    doubt(batch) {
      for (const [place, record] of firstOf(batch)) firstRecords.set(place, record)
    },
    settle(batch) {
      if (firstRecords.size === 0) return
      for (const [place] of firstOf(batch)) firstRecords.delete(place)
    },
  }
}

function firstOf({
  topic,
  records,
  partitions,
}: PartitionedBatch): readonly (readonly [string, KafkaRecord])[] {
  const first = new Map<string, KafkaRecord>()
  records.forEach((record, i) => {
    const place = `${topic}/${partitions?.[i] ?? 0}`
    if (!first.has(place)) first.set(place, record)
  })
  return [...first]
}
