import { join } from 'node:path'
import type { Buffers } from './buffers.ts'
import type { Damage } from './damage.ts'
import type { DiskFile, DiskFiles } from './disk-files.ts'
import { doneFrames } from './done-notes.ts'
import { DONE, FRAME_HEADER_BYTES, RECORDS, sealFrame } from './frame.ts'
import { beginRecords, RecordCursor } from './record-codec.ts'
import { letGo, Segment, useFile } from './segment.ts'
import { encodeHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'
import type { SegmentList } from './segment-list.ts'
import { TEMPORARY } from './segment-names.ts'
import { createSeqRanges, decodeRanges, type SeqRanges } from './seq-ranges.ts'
import { type Frame, walkFrames } from './walk-frames.ts'

export interface RewriteDeps {
  readonly files: DiskFiles
  readonly path: string
  readonly segments: SegmentList
  readonly buffers: Buffers
  readonly damage: Damage
  readonly discard: (name: string, bytes: number) => void
  /** The log is being closed: a rewriting under way is given up. */
  readonly isEnding: () => boolean
}

/**
 * Puts one file in the place of several neighbours: only their live records, and what their DONE frames say of
 * records that older files still hold. It is complete and synced under another name before it takes the first one's;
 * its header tells which numbers it stands for, so that the others are left-overs from that moment on.
 * Rejects when the disk fails; then everything is as before.
 */
export async function rewrite(run: readonly Segment[], deps: RewriteDeps): Promise<void> {
  const { files, path, segments, discard } = deps
  const first = run[0] as Segment
  const last = run.at(-1) as Segment
  const { name, logId, firstSeq } = first
  const heir = new Segment({ name, logId, firstSeq, compacted: true })
  heir.sealed = true
  const temporary = join(path, name + TEMPORARY)
  for (const segment of run) segment.heir = heir
  let file: DiskFile | undefined
  let renamed = false
  try {
    file = await files.open(temporary, 'create')
    await fill(heir, file, run, deps)
    const { records } = heir
    const header = encodeHeader({ logId, firstSeq, compacted: true, coversSeq: last.lastSeq, records })
    await file.write(header, header.length, 0)
    await file.datasync()
    heir.syncedSize = heir.size
    heir.file = file
    await files.rename(temporary, join(path, name))
    renamed = true
  } finally {
    for (const segment of run) segment.heir = null
    if (!renamed) {
      await file?.close().catch(() => {})
      await files.unlink(temporary).catch(() => {})
    }
  }
  heir.seal()
  heir.lastSeq = last.lastSeq
  segments.replace(run, heir)
  for (const segment of run) {
    if (segment !== first) discard(segment.name, segment.size)
    letGo(segment)
  }
  // Until this has succeeded the power being cut may bring the old files back; else it is done all over again.
  heir.doubtful = true
  heir.damaged = true
  await files.syncDirectory(path)
  heir.doubtful = false
  heir.damaged = false
}

async function fill(
  heir: Segment,
  file: DiskFile,
  run: readonly Segment[],
  { segments, buffers, damage, isEnding }: RewriteDeps,
): Promise<void> {
  const first = run[0] as Segment
  const older = segments.all.slice(0, segments.all.indexOf(first)).filter(({ holdsSpent }) => holdsSpent)
  const done = createSeqRanges()
  const cursor = new RecordCursor()
  const out = createOutput(heir, file)
  for (const segment of run) {
    if (segment.liveRecords === 0 && older.length === 0) continue
    const gaps: number[] = []
    await useFile(segment, (source) =>
      buffers.using((buffer) =>
        walkFrames({
          file: source,
          buffer,
          logId: segment.logId,
          from: SEGMENT_HEADER_BYTES,
          to: segment.syncedSize,
          onGap: (from) => void gaps.push(from),
          visit: (frame) => {
            if (frame.type === RECORDS) copyLive(frame, cursor, segment, out)
            else if (frame.type === DONE) keepNeeded(frame, older, done)
            return undefined
          },
          between: async () => {
            if (isEnding()) throw new Error('the log is being closed')
            await out.flush()
          },
        }),
      ),
    )
    await damage.found(segment, gaps)
  }
  for (const [bytes, write] of doneFrames(done.take())) {
    out.put(bytes, (to, at) => at + write(to, at, heir.logId))
    await out.flush()
  }
  await out.flush()
}

/** Frames of which all records are live are copied as they are, but for the checksum; others record by record. */
function copyLive({ buffer, start, end }: Frame, cursor: RecordCursor, from: Segment, out: Output): void {
  cursor.enter(buffer, start, end)
  let live = 0
  while (cursor.next()) if (from.isLive(cursor.seq)) live++
  if (live === 0) return
  out.put(end - start + FRAME_HEADER_BYTES, (to, at) => {
    const { heir } = out
    cursor.enter(buffer, start, end)
    let until = beginRecords(to, at + FRAME_HEADER_BYTES, cursor.base, live)
    while (cursor.next()) {
      if (!from.isLive(cursor.seq)) continue
      until = cursor.copy(to, until)
      heir.add(cursor.seq, cursor.topic, cursor.bytes)
    }
    sealFrame(to, at, until, RECORDS, heir.logId)
    heir.recordFrameBytes += until - at
    return until
  })
}

/** Of what a DONE frame says, that which speaks of files before the run is said again. */
function keepNeeded({ buffer, start, end }: Frame, older: readonly Segment[], done: SeqRanges): void {
  if (older.length === 0) return
  const ends = decodeRanges(buffer, start, end)
  for (let i = 0; i < ends.length; i += 2) {
    for (const segment of older) {
      const from = Math.max(ends[i] as number, segment.firstSeq)
      // A doubtful file may hold more than its account says.
      const to = segment.doubtful ? (ends[i + 1] as number) : Math.min(ends[i + 1] as number, segment.lastSeq)
      if (from <= to && segment.mayHoldSpent(from, to)) done.add(from, to)
    }
  }
}

/** Collects frames and writes them in large pieces. */
interface Output {
  readonly heir: Segment
  /** `write` puts a frame at `at`, in at most `bytes`, and returns its end. */
  put(bytes: number, write: (to: Buffer, at: number) => number): void
  flush(): Promise<void>
}

const OUTPUT_BYTES = 256 * 1024

function createOutput(heir: Segment, file: DiskFile): Output {
  let buffer = Buffer.allocUnsafeSlow(OUTPUT_BYTES)
  let used = 0
  return {
    heir,
    put(bytes, write) {
      if (used + bytes > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + bytes))
        buffer.copy(larger, 0, 0, used)
        buffer = larger
      }
      used = write(buffer, used)
    },
    async flush() {
      if (used === 0) return
      await file.write(buffer, used, heir.size)
      heir.size += used
      used = 0
    },
  }
}
