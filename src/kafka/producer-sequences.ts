/**
 * The sequence numbers of one producer id, by partition. Kafka recognises a batch that it already has by producer id,
 * partition and first number, so a part keeps its number for as long as it is sent, and the next part of the partition
 * gets the number after it.
 */
export interface ProducerSequences {
  /**
   * The first number of a part: the one it was given before, or the next of its partition. At most one part of a
   * partition may be open. Null: the one before it was given up though it may be in Kafka, so no number is right any
   * more and the producer id has to be replaced.
   */
  first(partition: string, part: SequencedPart): number | null
  /** The part was sent and nobody knows what became of it: it may be in Kafka. */
  doubtful(partition: string, part: SequencedPart): void
  /** Kafka has the part. */
  delivered(partition: string, part: SequencedPart): void
  /** Nothing of the part is in Kafka and it will not be sent again as it is: its numbers are free. */
  withdrawn(partition: string, part: SequencedPart): void
}

/** Records of one partition that are always sent together; known by identity. */
export interface SequencedPart {
  readonly records: { readonly length: number }
}

interface Slot {
  next: number
  open: { readonly part: SequencedPart; readonly first: number; inDoubt: boolean } | null
}

/** Kafka's numbers go up to 2^31 - 1 and then begin at 0 again (`DefaultRecordBatch.incrementSequence`). */
const after = (first: number, count: number): number => (first + count) % 0x8000_0000

/** `start` is the first number of every partition; 0 but in tests. */
export function createProducerSequences(start = 0): ProducerSequences {
  const slots = new Map<string, Slot>()

  return {
    first(partition, part) {
      let slot = slots.get(partition)
      if (slot === undefined) {
        slot = { next: start, open: null }
        slots.set(partition, slot)
      }
      const { open } = slot
      if (open?.part === part) return open.first
      if (open?.inDoubt) return null
      const first = open?.first ?? slot.next
      slot.open = { part, first, inDoubt: false }
      slot.next = after(first, part.records.length)
      return first
    },
    doubtful(partition, part) {
      const open = slots.get(partition)?.open
      if (open?.part === part) open.inDoubt = true
    },
    delivered(partition, part) {
      const slot = slots.get(partition)
      if (slot?.open?.part === part) slot.open = null
    },
    withdrawn(partition, part) {
      const slot = slots.get(partition)
      if (slot?.open?.part !== part) return
      slot.next = slot.open.first
      slot.open = null
    },
  }
}
