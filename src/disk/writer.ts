import { join } from 'node:path'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { CommitError, createCommit } from './commit.ts'
import type { DiskFiles } from './disk-files.ts'
import type { DiskLogConfig, DiskLogDeps, LoggedRecord } from './disk-log.ts'
import { DiskError } from './disk-log.ts'
import type { DiskStateKeeper } from './disk-state.ts'
import { createDoneNotes } from './done-notes.ts'
import { FRAME_HEADER_BYTES, putSynced, RECORDS, SYNCED_BYTES, sealFrame } from './frame.ts'
import { encodeRecords, recordsBound } from './record-codec.ts'
import { letGo, Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'
import type { SegmentList } from './segment-list.ts'
import type { Chunk, Unwritten } from './unwritten.ts'

/** What is done and comes with nothing appended is written so many ms later. */
const DONE_MS = 250

export interface WriterDeps {
  readonly files: DiskFiles
  readonly segments: SegmentList
  readonly unwritten: Unwritten
  readonly keeper: DiskStateKeeper
  readonly freshName: (firstSeq: number) => string
  readonly discard: (name: string, bytes: number) => void
  readonly onStored: DiskLogDeps['onStored']
  /** Waits as long as the files take too much room and something is being done about it. */
  readonly room: () => Promise<void> | null
  /** Something was written, or a file holds nothing that is live any more: there may be room to be made. */
  readonly onChange: () => void
}

/** The side of the log that takes: fills chunks, and starts a commit when it is time. */
export interface Writer {
  /** The number of the last record that was appended; 0: none. */
  readonly lastSeq: number
  readonly storedSeq: number
  /** From now on records are numbered from here; `logId` is for the next file. */
  begin(nextSeq: number, logId: number): void
  append(records: readonly KafkaRecord[]): void
  done(records: readonly LoggedRecord[]): void
  flush(): Promise<void>
  /** There is room on the disk again, perhaps: does not wait for the next try. */
  retryNow(): void
  /** Writes what is left; resolves to why that failed. Nothing is taken any more. */
  end(): Promise<unknown>
}

interface Flush {
  readonly seq: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function createWriter(
  config: Required<DiskLogConfig>,
  { files, segments, unwritten, keeper, freshName, discard, onStored, room, onChange }: WriterDeps,
): Writer {
  const notes = createDoneNotes()
  const commit = createCommit({
    files,
    path: config.path,
    segments,
    unwritten,
    freshName,
    discard,
    onStored: stored,
    room,
  })
  let nextSeq = 1
  let storedSeq = 0
  let logId = 0
  let open = false
  let running: Promise<void> | null = null
  /** A commit is due while another one is under way. */
  let again = false
  /** Bytes since the last commit began. */
  let waitingBytes = 0
  let failed = false
  let flushes: Flush[] = []
  let syncTimer: NodeJS.Timeout | undefined
  let syncArmed = false
  let slowTimer: NodeJS.Timeout | undefined

  function active(bytes: number): Segment {
    const last = segments.all.at(-1)
    if (last !== undefined && !last.sealed) {
      // What is larger than a file may be gets one of its own.
      if (last.size + bytes <= config.segmentBytes || last.size === SEGMENT_HEADER_BYTES) return last
    }
    last?.seal()
    const next = new Segment({ name: '', logId, firstSeq: nextSeq, compacted: false })
    segments.add(next)
    return next
  }

  /** Room for a frame. What a commit writes begins with the word of what the commits before it have synced. */
  function placeFor(bytes: number): { readonly segment: Segment; readonly chunk: Chunk } {
    const segment = active(bytes + SYNCED_BYTES)
    const chunk = unwritten.room(segment, bytes + SYNCED_BYTES)
    if (chunk.length === 0 && segment.syncedSize > SEGMENT_HEADER_BYTES) {
      const end = putSynced(chunk.buffer, 0, chunk.offset, segment.syncedSize, segment.logId)
      unwritten.used(chunk, end, nextSeq - 1)
    }
    return { segment, chunk }
  }

  function stored(seq: number): void {
    if (seq <= storedSeq) return
    storedSeq = seq
    onStored(seq)
  }

  /** Starts a timer that already ran once again, which is far cheaper than a new one. */
  function arm(): void {
    syncArmed = true
    if (syncTimer === undefined) syncTimer = setTimeout(onTimer, config.syncMs)
    else syncTimer.refresh()
  }

  function onTimer(): void {
    syncArmed = false
    start()
  }

  function later(ms: number): void {
    slowTimer ??= setTimeout(() => {
      slowTimer = undefined
      start()
    }, ms)
  }

  function start(): void {
    if (running !== null) again = true
    else if (unwritten.chunks.length > 0 || !notes.isEmpty) running = run()
  }

  async function run(): Promise<void> {
    do {
      again = false
      await once()
    } while ((again || waitingBytes >= config.syncBytes) && !failed)
    running = null
    if (!open) return
    if (failed) later(config.retryMs)
    onChange()
  }

  /** At the end: what the last commit has synced is told, too, where the file has room for it. */
  function placeLastWord(): boolean {
    const last = segments.all.at(-1)
    if (last?.file == null || last.sealed || last.size + SYNCED_BYTES > config.segmentBytes) return false
    placeFor(0)
    return true
  }

  /** Whether anything is not done; what waits to be written is counted, too. */
  const isAnythingLive = (): boolean => segments.all.some(({ liveRecords }) => liveRecords > 0)

  /**
   * The disk takes nothing, not even the word that all is done: so all files go, which makes room. Else a full disk would
   * stay full, and the next start would find everything again.
   */
  async function startOver(): Promise<void> {
    const spent = [...segments.all]
    segments.clear()
    unwritten.clear()
    notes.write(nextSeq, () => {})
    failed = false
    waitingBytes = 0
    const upTo = nextSeq - 1
    for (const segment of spent) {
      if (segment.name !== '') await files.unlink(join(config.path, segment.name)).catch(() => {})
      letGo(segment)
    }
    await files.syncDirectory(config.path).catch(() => {})
    keeper.works('write')
    stored(upTo)
    settle(upTo)
  }

  async function once(): Promise<void> {
    if (failed && !isAnythingLive()) return startOver()
    writeNotes()
    waitingBytes = 0
    const upTo = nextSeq - 1
    try {
      await commit()
      failed = false
      keeper.works('write')
      settle(upTo)
    } catch (error) {
      failed = true
      const { action, path, cause } =
        error instanceof CommitError ? error : { action: 'write to', path: config.path, cause: error }
      keeper.failed('write', action, path, cause)
      settle(storedSeq, new DiskError(keeper.state.detail, { cause: error }))
    }
  }

  function writeNotes(): void {
    const first = segments.all[0]
    // What was done in files that are gone needs not be remembered.
    notes.write(first?.firstSeq ?? nextSeq, (bytes, write) => {
      const { segment, chunk } = placeFor(bytes)
      unwritten.used(chunk, write(chunk.buffer, chunk.length, segment.logId), nextSeq - 1)
    })
  }

  function settle(upTo: number, error?: Error): void {
    const over = flushes.filter(({ seq }) => error !== undefined || seq <= upTo)
    flushes = flushes.filter((flush) => !over.includes(flush))
    for (const { seq, resolve, reject } of over) {
      if (error === undefined || seq <= upTo) resolve()
      else reject(error)
    }
  }

  return {
    get lastSeq() {
      return nextSeq - 1
    },
    get storedSeq() {
      return storedSeq
    },
    begin(seq, id) {
      nextSeq = seq
      storedSeq = seq - 1
      logId = id
      open = true
      failed = false
    },
    append(records) {
      if (!open || records.length === 0) return
      const bound = recordsBound(records) + FRAME_HEADER_BYTES
      const { segment, chunk } = placeFor(bound)
      const { buffer, length } = chunk
      const end = encodeRecords(buffer, length + FRAME_HEADER_BYTES, records, nextSeq)
      sealFrame(buffer, length, end, RECORDS, segment.logId)
      for (let i = 0; i < records.length; i++) {
        const record = records[i] as KafkaRecord
        record.seq = nextSeq++
        segment.add(record.seq, record.topic, record.bytes)
      }
      segment.recordFrameBytes += end - length
      unwritten.used(chunk, end - length, nextSeq - 1)
      waitingBytes += end - length
      if (failed) return
      if (!syncArmed) arm()
      if (waitingBytes >= config.syncBytes && running === null) start()
    },
    done(records) {
      if (!open) return
      let changed = false
      for (let i = 0; i < records.length; i++) {
        const { seq, topic, bytes } = records[i] as LoggedRecord
        if (seq === 0) continue
        const segment = segments.find(seq)
        if (segment === undefined || !segment.end(seq, topic, bytes)) continue
        notes.add(seq)
        if (segment.liveRecords === 0) changed = true
      }
      if (changed) onChange()
      if (!failed && !notes.isEmpty) later(DONE_MS)
    },
    flush() {
      if (unwritten.chunks.length === 0 && running === null) return Promise.resolve()
      return new Promise((resolve, reject) => {
        flushes.push({ seq: nextSeq - 1, resolve, reject })
        start()
      })
    },
    retryNow() {
      if (failed && running === null) start()
    },
    async end() {
      open = false
      clearTimeout(syncTimer)
      clearTimeout(slowTimer)
      syncTimer = undefined
      slowTimer = undefined
      syncArmed = false
      await running
      if (unwritten.chunks.length > 0 || !notes.isEmpty) await once()
      if (!failed && placeLastWord()) await once()
      settle(storedSeq, new DiskError(`the log in ${config.path} was closed`))
      return failed ? keeper.state.detail : undefined
    },
  }
}
