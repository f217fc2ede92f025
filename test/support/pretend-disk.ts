import type { QueueDisk } from '../../src/queue/bounded-queue.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'

/** A log of records as the queue sees one, kept in a list: for tests of the queue, where no disk is in question. */
export interface PretendDisk extends QueueDisk {
  accepts: boolean
  capacity: number
  unsyncedBytes: number
  storedSeq: number
  /** What is in it and not done. */
  readonly kept: readonly KafkaRecord[]
  /** Told before each read; may throw. */
  onRead: () => void
}

export function createPretendDisk(): PretendDisk {
  let kept: KafkaRecord[] = []
  let seq = 0
  const disk: PretendDisk = {
    accepts: true,
    capacity: 1e9,
    unsyncedBytes: 0,
    storedSeq: 0,
    onRead: () => {},
    get kept() {
      return kept
    },
    append(records) {
      for (const record of records) {
        record.seq = ++seq
        kept.push(record)
      }
    },
    done(records) {
      const gone = new Set(records.map((record) => record.seq))
      kept = kept.filter((record) => !gone.has(record.seq))
    },
    async read(topic, afterSeq, maxRecords, maxBytes) {
      disk.onRead()
      const found: KafkaRecord[] = []
      let bytes = 0
      for (const record of kept) {
        if (record.topic !== topic || record.seq <= afterSeq) continue
        bytes += record.bytes
        if (found.length > 0 && (found.length >= maxRecords || bytes > maxBytes)) break
        // Another object, as it is when it comes from a file.
        found.push({ ...record })
      }
      await Promise.resolve()
      return found
    },
  }
  return disk
}
