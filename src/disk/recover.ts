import { join } from 'node:path'
import { asDiskError } from './disk-failure.ts'
import type { DiskFiles } from './disk-files.ts'
import type { Recovery } from './disk-log.ts'
import { findSegments } from './find-segments.ts'
import { keepDamaged } from './keep-damaged.ts'
import { type Found, type Loaded, loadSegment, recountSegment } from './load-segment.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { FreshNames } from './segment-names.ts'
import type { SeqRanges } from './seq-ranges.ts'

/** Read at a time. Half a millisecond of work between two reads. */
const BUFFER_BYTES = 256 * 1024

export interface Recovered {
  readonly recovery: Recovery
  readonly nextSeq: number
  readonly logId: number
}

/**
 * Reads all that earlier lives left into the list. Rejects with a DiskError when it cannot be read or is not for us,
 * and has then changed nothing; otherwise cuts the unfinished end off and removes what is left over.
 */
export async function recover(
  files: DiskFiles,
  path: string,
  segments: SegmentList,
  freshNames: FreshNames,
): Promise<Recovered> {
  const findings = await findSegments(files, path)
  freshNames.begin(findings.names)
  try {
    const loaded = await loadAll(findings.found, segments, path)
    const torn = await cutTornEnd(loaded.at(-1), path)
    await dropLeftOver(files, path, findings.leftOver)
    const damagedFiles = await keepAllDamaged(files, path, loaded)
    return {
      recovery: {
        ...sumLanes(segments.all),
        tornBytes: torn + findings.unbornBytes,
        damagedFiles,
        unreadableRecords: loaded.reduce((sum, one) => sum + unreadable(one), 0),
      },
      nextSeq:
        1 + Math.max(0, ...findings.names.map((n) => n.firstSeq - 1), ...loaded.map((l) => l.traceSeq)),
      logId: findings.logId,
    }
  } catch (error) {
    for (const { file } of findings.found) await file.close().catch(() => {})
    segments.clear()
    throw asDiskError('read', path, error)
  }
}

async function loadAll(found: readonly Found[], segments: SegmentList, path: string): Promise<Loaded[]> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  const loaded: Loaded[] = []
  for (const one of found) {
    const onDone = (own: Segment, missing: SeqRanges, ends: readonly number[]) => {
      for (let i = 0; i < ends.length; i += 2) {
        const from = ends[i] as number
        const to = ends[i + 1] as number
        for (const older of loaded) strike(older.segment, older.missing, from, to)
        strike(own, missing, from, to)
      }
    }
    loaded.push(await reading(one, path, loadSegment(one, buffer, onDone)))
  }
  for (const { segment, found: one } of loaded) {
    await reading(one, path, recountSegment(segment, buffer))
    segments.add(segment)
  }
  return loaded
}

function strike(segment: Segment, missing: SeqRanges, from: number, to: number): void {
  if (segment.firstSeq <= to && segment.lastSeq >= from) segment.strike(from, to)
  if (!missing.isEmpty) missing.remove(from, to)
}

async function reading<T>({ name }: Found, path: string, doing: Promise<T>): Promise<T> {
  try {
    return await doing
  } catch (error) {
    throw asDiskError('read', join(path, name), error)
  }
}

/** What was being written to the last file when the process died; returns how many bytes. */
async function cutTornEnd(last: Loaded | undefined, path: string): Promise<number> {
  if (last === undefined || last.gapBytes === 0) return 0
  const { segment, endOffset, found } = last
  if (endOffset < found.fileSize) {
    try {
      await found.file.truncate(endOffset)
      await found.file.datasync()
    } catch (error) {
      throw asDiskError('cut the unfinished end off', join(path, found.name), error)
    }
    segment.size = endOffset
    segment.syncedSize = endOffset
  }
  return last.gapBytes
}

async function dropLeftOver(files: DiskFiles, path: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await files.unlink(join(path, name))
    } catch (error) {
      throw asDiskError('remove', join(path, name), error)
    }
  }
  if (names.length > 0) await files.syncDirectory(path)
}

/** A damaged file is soon rewritten without what cannot be read; the operator keeps it as it was. */
async function keepAllDamaged(files: DiskFiles, path: string, loaded: readonly Loaded[]): Promise<string[]> {
  const kept: string[] = []
  for (const [i, { segment, gapBytes, endOffset, lostSynced, found }] of loaded.entries()) {
    const isLast = i === loaded.length - 1
    // After the end of the last file was cut off, its holes are left: the kernel wrote later pages before earlier ones.
    const holes = isLast ? gapBytes - (found.fileSize - endOffset) : gapBytes
    segment.damaged = found.headerDamaged || holes > 0
    if (!segment.damaged || (isLast && !found.headerDamaged && !lostSynced)) continue
    kept.push(await keepDamaged(files, path, found.name))
  }
  return kept
}

function unreadable({ found, segment, missing, gapBytes, lostSynced }: Loaded): number {
  if (gapBytes === 0 || (found.limitSeq === Number.POSITIVE_INFINITY && !lostSynced)) return 0
  return found.header.compacted ? Math.max(0, found.header.records - segment.records) : missing.count
}

function sumLanes(all: readonly Segment[]): Pick<Recovery, 'lanes' | 'records'> {
  const lanes = new Map<string, { topic: string; records: number; bytes: number }>()
  let records = 0
  for (const segment of all) {
    records += segment.liveRecords
    for (const [topic, sum] of segment.topics) {
      const lane = lanes.get(topic) ?? { topic, records: 0, bytes: 0 }
      lane.records += sum.records
      lane.bytes += sum.bytes
      lanes.set(topic, lane)
    }
  }
  return { lanes: [...lanes.values()], records }
}
