import type { DiskFile } from './disk-files.ts'
import { DiskError } from './disk-log.ts'
import { createDenseSeqs, createSparseSeqs, type LiveSeqs } from './live-seqs.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

/** Records of one Kafka topic, and their bytes as `recordBytes` counts them. */
export interface TopicSum {
  records: number
  bytes: number
}

export interface SegmentParts {
  readonly name: string
  readonly logId: number
  readonly firstSeq: number
  readonly compacted: boolean
}

/** What memory knows of one file: sums, and a bit for each record. */
export class Segment {
  readonly logId: number
  readonly firstSeq: number
  readonly compacted: boolean
  /** Of the file in the log's directory; empty as long as it was not made. */
  name: string
  /** Open while the log is; null as long as the file was not made. */
  file: DiskFile | null = null
  /** Bytes, what is still in memory included. */
  size = SEGMENT_HEADER_BYTES
  /** Bytes that are on disk: up to here the file is read, and from here on the memory. */
  syncedSize = SEGMENT_HEADER_BYTES
  /** The highest number put in; `firstSeq − 1`: none. */
  lastSeq: number
  /** Records ever put in, their bytes, and the bytes of their frames. */
  records = 0
  recordsBytes = 0
  recordFrameBytes = 0
  /** Records that are not done, and their bytes. */
  liveRecords = 0
  liveBytes = 0
  readonly topics = new Map<string, TopicSum>()
  /** After its synced end there may be what also stands in the next file: a sync of it has failed. */
  doubtful = false
  /** Not all of it can be read: it is to be rewritten soon. */
  damaged = false
  /** Where unreadable places begin that are accounted for. */
  readonly knownGaps = new Set<number>()
  /** No more is written to it. */
  sealed = false
  /** Another one has taken its place, or it is deleted: what is asked of it has to be asked anew. */
  retired = false
  /** The one that compaction is about to put in its place. */
  heir: Segment | null = null
  /** Who uses the file at the moment. */
  users = 0
  private live: LiveSeqs

  constructor({ name, logId, firstSeq, compacted }: SegmentParts) {
    this.name = name
    this.logId = logId
    this.firstSeq = firstSeq
    this.compacted = compacted
    this.lastSeq = firstSeq - 1
    this.live = compacted ? createSparseSeqs(firstSeq) : createDenseSeqs(firstSeq)
  }

  /** Whether the file still holds a record that is done: the DONE frames that say so must then be kept. */
  get holdsSpent(): boolean {
    return this.doubtful || this.records > this.liveRecords
  }

  /** Bytes that rewriting it would give back, about. */
  get spentBytes(): number {
    return Math.max(0, this.size - SEGMENT_HEADER_BYTES - this.liveFileBytes)
  }

  /** Bytes that what is live takes in the file, about. */
  get liveFileBytes(): number {
    return this.recordsBytes === 0 ? 0 : this.recordFrameBytes * (this.liveBytes / this.recordsBytes)
  }

  isLive(seq: number): boolean {
    return this.live.has(seq)
  }

  /** Whether a record of this range that is done may be in the file. */
  mayHoldSpent(from: number, to: number): boolean {
    return this.doubtful ? to >= this.firstSeq : this.holdsSpent && this.live.mayHold(from, to)
  }

  /** A record is put in, live. Numbers grow. */
  add(seq: number, topic: string, bytes: number): void {
    this.live.add(seq)
    this.lastSeq = seq
    this.records++
    this.recordsBytes += bytes
    this.liveRecords++
    this.count(topic, bytes)
  }

  private count(topic: string, bytes: number): void {
    this.liveBytes += bytes
    const sum = this.topics.get(topic)
    if (sum === undefined) this.topics.set(topic, { records: 1, bytes })
    else {
      sum.records++
      sum.bytes += bytes
    }
  }

  /** A record is done; false when it already was, or is not here. */
  end(seq: number, topic: string, bytes: number): boolean {
    if (!this.live.delete(seq)) return false
    this.liveRecords--
    this.liveBytes -= bytes
    const sum = this.topics.get(topic)
    if (sum !== undefined) {
      sum.bytes -= bytes
      if (--sum.records === 0) this.topics.delete(topic)
    }
    this.heir?.end(seq, topic, bytes)
    return true
  }

  /**
   * Only these records can still be read, given in order; the others are lost. Returns of each topic how many were
   * not done.
   */
  keepOnly(readable: Iterable<readonly [seq: number, topic: string, bytes: number]>): Map<string, TopicSum> {
    const { live } = this
    const lost = new Map([...this.topics].map(([topic, sum]) => [topic, { ...sum }]))
    this.live = this.compacted ? createSparseSeqs(this.firstSeq) : createDenseSeqs(this.firstSeq)
    this.topics.clear()
    this.liveRecords = 0
    this.liveBytes = 0
    for (const [seq, topic, bytes] of readable) {
      if (!live.has(seq)) continue
      this.live.add(seq)
      this.liveRecords++
      this.count(topic, bytes)
      const sum = lost.get(topic)
      if (sum === undefined) continue
      sum.bytes -= bytes
      if (--sum.records === 0) lost.delete(topic)
    }
    return lost
  }

  /** While the log is opened: these are done. The sums are wrong until `recount`. */
  strike(from: number, to: number): void {
    this.liveRecords -= this.live.deleteRange(from, to)
  }

  /** Begins the sums anew; returns what is to be called for each record in the file. */
  recount(): (seq: number, topic: string, bytes: number) => void {
    this.liveBytes = 0
    this.topics.clear()
    return (seq, topic, bytes) => {
      if (this.live.has(seq)) this.count(topic, bytes)
    }
  }

  /** No more is added. */
  seal(): void {
    this.sealed = true
    this.live = this.live.seal()
  }
}

/** Calls with the open file, which stays open until the promise settles. */
export async function useFile<T>(segment: Segment, doing: (file: DiskFile) => Promise<T>): Promise<T> {
  const { file } = segment
  if (file === null) throw new DiskError(`the log was closed, and ${segment.name} with it`)
  segment.users++
  try {
    return await doing(file)
  } finally {
    segment.users--
    if (segment.retired) letGo(segment)
  }
}

/** Closes the file, or lets its last user do so. */
export function letGo(segment: Segment): void {
  const { file, users } = segment
  if (file === null || users > 0) return
  segment.file = null
  // Nothing is lost by it: all that counts was synced.
  file.close().catch(() => {})
}
