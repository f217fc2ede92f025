import { join } from 'node:path'
import { isNoSpace } from './disk-failure.ts'
import type { DiskFile, DiskFiles } from './disk-files.ts'
import { FRAME_HEADER_BYTES, frameBytes, frameType, RECORDS } from './frame.ts'
import { RecordCursor } from './record-codec.ts'
import { Segment } from './segment.ts'
import { encodeHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'
import type { SegmentList } from './segment-list.ts'
import type { Chunk, Unwritten } from './unwritten.ts'

/** Why a commit ended early, for the operator. */
export class CommitError extends Error {
  override readonly name = 'CommitError'
  readonly action: string
  readonly path: string
  constructor(action: string, path: string, cause: unknown) {
    super(`cannot ${action} ${path}`, { cause })
    this.action = action
    this.path = path
  }
}

export interface CommitDeps {
  readonly files: DiskFiles
  readonly path: string
  readonly segments: SegmentList
  readonly unwritten: Unwritten
  /** A name for a file that begins with this number, which no other file has. */
  readonly freshName: (firstSeq: number) => string
  /** A file that holds nothing any more and is to be deleted when that is possible. */
  readonly discard: (name: string, bytes: number) => void
  readonly onStored: (seq: number) => void
  /** Waits as long as the files take too much room and something is being done about it. */
  readonly room: () => Promise<void> | null
}

/**
 * Brings what is in memory to the disk: file by file, a write for each chunk and one fdatasync. Rejects with a
 * CommitError at the first failure; what was not synced stays in memory, and the next commit writes it again: at the
 * same place, or after a failed sync in a new file, as the kernel takes pages for written that are not.
 */
export function createCommit(deps: CommitDeps): () => Promise<void> {
  const { files, path, segments, unwritten, freshName, discard, onStored, room } = deps

  async function step<T>(action: string, at: string, doing: Promise<T>): Promise<T> {
    try {
      return await doing
    } catch (error) {
      throw new CommitError(action, at, error)
    }
  }

  /** The file and its name are on disk before anything in it counts. */
  async function create(segment: Segment): Promise<void> {
    // Only now, so that names grow in the order in which files are made.
    if (segment.name === '') segment.name = freshName(segment.firstSeq)
    const at = join(path, segment.name)
    const file = await step('create', at, files.open(at, 'create'))
    try {
      const { firstSeq, logId } = segment
      const header = encodeHeader({ logId, firstSeq, compacted: false, coversSeq: 0, records: 0 })
      await step('write to', at, file.write(header, header.length, 0))
      await step('sync', at, file.datasync())
      await step('sync', path, files.syncDirectory(path))
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
    segment.file = file
  }

  /** Rejects with a CommitError when it could not be written, else with why it could not be synced. */
  async function bringOut(file: DiskFile, chunks: readonly Chunk[], at: string): Promise<void> {
    const [only, ...more] = chunks
    if (only === undefined) return
    if (more.length === 0) {
      await file.writeThrough(only.buffer, only.length, only.offset).catch((error) => {
        throw isNoSpace(error) ? new CommitError('write to', at, error) : error
      })
      return
    }
    for (const { buffer, length, offset } of chunks) {
      await step('write to', at, file.write(buffer, length, offset))
    }
    await file.datasync()
  }

  async function store(segment: Segment, chunks: readonly Chunk[]): Promise<void> {
    if (segment.file === null) {
      await room()
      await create(segment)
    }
    const { file } = segment
    if (file === null) return
    const at = join(path, segment.name)
    try {
      await bringOut(file, chunks, at)
    } catch (error) {
      // What could not even be written is written once more, at the same place.
      if (error instanceof CommitError) throw error
      await moveOn(segment)
      throw new CommitError('sync', at, error)
    }
    const last = chunks.at(-1) as Chunk
    segment.syncedSize = last.offset + last.length
    unwritten.drop(chunks.length)
    onStored(last.lastSeq)
  }

  /** After a failed sync: what was not synced before goes into another file. */
  async function moveOn(segment: Segment): Promise<void> {
    if (segment.syncedSize === SEGMENT_HEADER_BYTES) {
      discard(segment.name, 0)
      await segment.file?.close().catch(() => {})
      segment.file = null
      segment.name = ''
      return
    }
    segment.doubtful = true
    moveUnwritten(segment)
    try {
      await segment.file?.truncate(segment.syncedSize)
      await segment.file?.datasync()
      segment.doubtful = false
    } catch {
      // It stays doubtful: then what is done in it is remembered until it is deleted or rewritten.
    }
  }

  function moveUnwritten(segment: Segment): void {
    const moved = unwritten.chunks.filter((chunk) => chunk.segment === segment)
    const firstSeq = firstSeqIn(moved) ?? segment.lastSeq + 1
    const { logId } = segment
    const next = new Segment({ name: '', logId, firstSeq, compacted: false })
    unwritten.seal()
    for (const chunk of moved) {
      moveRecords(chunk, segment, next)
      chunk.segment = next
      chunk.offset = next.size
      next.size += chunk.length
    }
    segment.size = segment.syncedSize
    segment.lastSeq = firstSeq - 1
    segment.seal()
    segments.insertAfter(segment, next)
    if (segments.all.at(-1) !== next) next.seal()
  }

  return async () => {
    unwritten.seal()
    let left = unwritten.chunks.length
    while (left > 0) {
      const segment = (unwritten.chunks[0] as Chunk).segment
      let count = 1
      while (count < left && unwritten.chunks[count]?.segment === segment) count++
      await store(segment, unwritten.chunks.slice(0, count))
      left -= count
    }
  }
}

function firstSeqIn(chunks: readonly Chunk[]): number | undefined {
  for (const chunk of chunks) {
    for (const cursor of recordsOf(chunk)) return cursor.base
  }
  return undefined
}

/** The accounts of what a chunk holds go from one segment to another. */
function moveRecords(chunk: Chunk, from: Segment, to: Segment): void {
  for (const cursor of recordsOf(chunk)) {
    from.recordFrameBytes -= cursor.frameBytes
    to.recordFrameBytes += cursor.frameBytes
    while (cursor.next()) {
      const { seq, topic, bytes } = cursor
      to.add(seq, topic, bytes)
      if (!from.end(seq, topic, bytes)) to.end(seq, topic, bytes)
      from.records--
      from.recordsBytes -= bytes
    }
  }
}

/** A cursor at the beginning of each RECORDS frame of a chunk. */
function* recordsOf({ buffer, length, segment }: Chunk): Generator<RecordCursor> {
  const cursor = new RecordCursor()
  for (let at = 0; at < length; at += frameBytes(buffer, at, segment.logId)) {
    if (frameType(buffer, at) !== RECORDS) continue
    cursor.enter(buffer, at + FRAME_HEADER_BYTES, at + frameBytes(buffer, at, segment.logId))
    yield cursor
  }
}
