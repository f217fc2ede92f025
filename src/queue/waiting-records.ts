import type { DiskLog } from '../disk/disk-log.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { createFifo, type Fifo } from './fifo.ts'

/**
 * The records of a lane that wait to be sent, in order. With a disk only a window at the front need be in memory: what
 * finds no room there is on disk alone, as a number, and comes back by `load` when its turn is near.
 */
export interface WaitingRecords {
  /** All that wait, in memory or on disk. */
  readonly records: number
  readonly bytes: number
  /** Whether `take` would find something now. */
  readonly ready: boolean
  push(record: KafkaRecord): void
  /** Takes records from the front, as far as they are in memory: at least one if any is, up to both bounds. */
  take(maxRecords: number, maxBytes: number): KafkaRecord[]
  /**
   * Brings the next records from disk into memory, unless some are there. Rejects with a DiskError when the disk does
   * not give them; may then be tried again.
   */
  load(): Promise<void>
  /** Takes a record out. Returns whether it was in memory. */
  withdraw(record: KafkaRecord): boolean
  /** The oldest record in memory that `test` takes; only the front is searched. */
  find(test: (record: KafkaRecord) => boolean): KafkaRecord | undefined
  /** Up to `count` of the oldest records in memory. */
  head(count: number): readonly KafkaRecord[]
  /** What an earlier life left on disk, behind what waits already; the last one has this number. */
  adopt(records: number, bytes: number, lastSeq: number): void
  /** So many of the records that are on disk alone turned out to be unreadable. */
  lose(records: number, bytes: number): void
}

export interface WaitingRecordsDeps {
  readonly disk: Pick<DiskLog, 'read'> | null
  /** Whether a record of so many bytes, which is on disk already, may stay in memory as well. */
  readonly hasMemory: (bytes: number) => boolean
  /** Records that are on disk are in memory now, too. */
  readonly onLoaded: (records: number, bytes: number) => void
  /** The log no longer gives records that it took. */
  readonly onMissing: (records: number, bytes: number) => void
  /** The very record that a call waits for, so that its call is found when it is acknowledged. */
  readonly original: (seq: number) => KafkaRecord | undefined
}

/** Records that are on disk alone: those numbered above `after`, up to `last`. */
interface DiskRun {
  records: number
  bytes: number
  after: number
  last: number
}

type Run = DiskRun | Fifo<KafkaRecord>

const isOnDisk = (run: Run | undefined): run is DiskRun => run !== undefined && 'after' in run

/** How far `find` looks. */
const SEARCH_LIMIT = 1000
/** What is on disk and still in memory, of one lane: enough for the next batches, so that a backlog costs no memory. */
const WINDOW = { records: 16_000, bytes: 16 * 1024 * 1024 } as const
/** What is brought into memory at one time, where memory is free, and where it is not. */
const LOAD = { records: 4000, bytes: 2 * 1024 * 1024 } as const
const LOAD_LITTLE = { records: 250, bytes: 128 * 1024 } as const

export function createWaitingRecords(topic: string, deps: WaitingRecordsDeps): WaitingRecords {
  // Always in memory, and what is sent next. Behind it, in turns: what is on disk alone, and, when the disk took
  // nothing for a while, what is in memory alone.
  let front = createFifo<KafkaRecord>()
  const behind: Run[] = []
  // Withdrawn from the middle of what is in memory: skipped, and let go, when they come to the front.
  const withdrawn = new Set<KafkaRecord>()
  // Withdrawn from disk while they may be on their way into memory.
  const recalled = new Set<number>()
  let loading: Promise<void> | null = null
  let records = 0
  let bytes = 0

  function push(record: KafkaRecord): void {
    const last = behind.at(-1)
    const leavesMemory = record.seq > 0 && (isOnDisk(last) || isFull(record.bytes))
    records++
    bytes += record.bytes
    if (leavesMemory) {
      spill(record)
      return
    }
    if (record.seq > 0) deps.onLoaded(1, record.bytes)
    inMemory(last).push(record)
  }

  /** Whether one more that is on disk, too, is beyond the window. */
  const isFull = (more: number): boolean =>
    (records > 0 && (records >= WINDOW.records || bytes + more > WINDOW.bytes)) || !deps.hasMemory(more)

  function inMemory(last: Run | undefined): Fifo<KafkaRecord> {
    if (last === undefined) return front
    if (!isOnDisk(last)) return last
    const run = createFifo<KafkaRecord>()
    behind.push(run)
    return run
  }

  function spill({ seq, bytes: size }: KafkaRecord): void {
    const last = behind.at(-1)
    if (isOnDisk(last)) {
      last.records++
      last.bytes += size
      last.last = seq
    } else {
      behind.push({ records: 1, bytes: size, after: seq - 1, last: seq })
    }
  }

  /** The oldest record, if it is in memory. */
  function oldest(): KafkaRecord | undefined {
    for (;;) {
      const next = front.peek()
      if (next === undefined) {
        const run = behind[0]
        if (run === undefined || isOnDisk(run)) return undefined
        front = run
        behind.shift()
      } else if (withdrawn.size > 0 && withdrawn.delete(next)) {
        front.shift()
      } else {
        return next
      }
    }
  }

  function take(maxRecords: number, maxBytes: number): KafkaRecord[] {
    const batch: KafkaRecord[] = []
    let taken = 0
    for (let next = oldest(); next !== undefined; next = oldest()) {
      if (batch.length > 0 && (batch.length >= maxRecords || taken + next.bytes > maxBytes)) break
      front.shift()
      taken += next.bytes
      batch.push(next)
    }
    records -= batch.length
    bytes -= taken
    // While this batch is on its way to Kafka, the next comes from disk; a fault shows when it is asked for.
    if (isOnDisk(behind[0]) && front.length < LOAD.records / 2) loadOnce().catch(() => {})
    return batch
  }

  function loadOnce(): Promise<void> {
    loading ??= loadFrom(behind[0] as DiskRun).finally(() => {
      loading = null
      recalled.clear()
    })
    return loading
  }

  async function loadFrom(run: DiskRun): Promise<void> {
    const limit = deps.hasMemory(LOAD.bytes) ? LOAD : LOAD_LITTLE
    const count = Math.min(limit.records, run.records)
    const read = (await deps.disk?.read(topic, run.after, count, limit.bytes)) ?? []
    const found = read.filter(({ seq }) => seq <= run.last)
    if (found.length === 0) forget(run, run.records, run.bytes)
    for (const one of found) {
      run.after = one.seq
      if (recalled.has(one.seq)) continue
      run.records--
      run.bytes -= one.bytes
      front.push(deps.original(one.seq) ?? one)
      deps.onLoaded(1, one.bytes)
    }
    if (run.records <= 0 && behind[0] === run) behind.shift()
  }

  /** These are counted and cannot be had. */
  function forget(run: DiskRun, lost: number, lostBytes: number): void {
    run.records -= lost
    run.bytes -= lostBytes
    records -= lost
    bytes -= lostBytes
    if (lost > 0) deps.onMissing(lost, lostBytes)
  }

  const diskRunOf = (seq: number): DiskRun | undefined =>
    seq === 0 ? undefined : behind.filter(isOnDisk).find((run) => run.after < seq && seq <= run.last)

  return {
    get records() {
      return records
    },
    get bytes() {
      return bytes
    },
    get ready() {
      return oldest() !== undefined
    },
    push,
    take,
    async load() {
      while (oldest() === undefined && behind.length > 0) await loadOnce()
    },
    withdraw(record) {
      records--
      bytes -= record.bytes
      const run = diskRunOf(record.seq)
      if (run === undefined) {
        withdrawn.add(record)
        oldest()
        return true
      }
      run.records--
      run.bytes -= record.bytes
      const beingLoaded = loading !== null && run === behind[0]
      if (beingLoaded) recalled.add(record.seq)
      else if (run.records === 0) behind.splice(behind.indexOf(run), 1)
      return false
    },
    find: (test) => front.find((record) => !withdrawn.has(record) && test(record), SEARCH_LIMIT),
    head(count) {
      const all: KafkaRecord[] = []
      for (const run of [front, ...behind]) {
        if (all.length >= count) break
        if (isOnDisk(run)) continue
        const wanted = count - all.length + withdrawn.size
        all.push(...run.head(wanted).filter((record) => !withdrawn.has(record)))
      }
      return all.slice(0, count)
    },
    adopt(count, size, lastSeq) {
      records += count
      bytes += size
      // Numbers below 1 are those of adopted logs.
      behind.push({ records: count, bytes: size, after: Number.NEGATIVE_INFINITY, last: lastSeq })
    },
    lose(count, size) {
      const run = behind.find(isOnDisk)
      if (run !== undefined) forget(run, Math.min(count, run.records), Math.min(size, run.bytes))
    },
  }
}
