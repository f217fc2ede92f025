import { join } from 'node:path'
import { asDiskError } from './disk-failure.ts'
import type { DiskFile, DiskFiles } from './disk-files.ts'
import { newLogId } from './frame.ts'
import type { Found } from './load-segment.ts'
import { decodeHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'
import { isTemporary, type SegmentName, segmentNames } from './segment-names.ts'

/** What is in the directory, before anything of it is changed. */
export interface Findings {
  readonly names: readonly SegmentName[]
  readonly found: readonly Found[]
  /** The log's number; a new one when there is no file yet. */
  readonly logId: number
  /** Half-made files, and files whose place another one has taken: to be removed. */
  readonly leftOver: readonly string[]
  /** Bytes of files that have no whole header yet. */
  readonly unbornBytes: number
}

type Opened = Pick<Found, 'file' | 'fileSize'> & {
  readonly name: SegmentName
  readonly header: ReturnType<typeof decodeHeader>
}

/** Opens all files and reads their headers. Rejects with a DiskError when one of them is not for us; changes nothing. */
export async function findSegments(files: DiskFiles, path: string): Promise<Findings> {
  const opened: Opened[] = []
  try {
    const all = await files.list(path)
    const names = segmentNames(all)
    for (const name of names) opened.push(await openSegment(files, join(path, name.name), name))
    return await sortOut(names, opened, all.filter(isTemporary))
  } catch (error) {
    for (const { file } of opened) await file.close().catch(() => {})
    throw asDiskError('read', path, error)
  }
}

async function openSegment(files: DiskFiles, at: string, name: SegmentName): Promise<Opened> {
  let file: DiskFile | undefined
  try {
    file = await files.open(at, 'existing')
    const fileSize = await file.size()
    const bytes = Buffer.alloc(Math.min(SEGMENT_HEADER_BYTES, fileSize))
    await file.read(bytes, bytes.length, 0)
    return { name, file, fileSize, header: decodeHeader(bytes, at) }
  } catch (error) {
    await file?.close().catch(() => {})
    throw asDiskError('read', at, error)
  }
}

async function sortOut(
  names: readonly SegmentName[],
  opened: readonly Opened[],
  temporary: readonly string[],
): Promise<Findings> {
  const leftOver = [...temporary]
  const kept: Opened[] = []
  let coveredSeq = 0
  let unbornBytes = 0
  const logId = opened.reduce<number | null>((id, { header }) => (isWhole(header) ? header.logId : id), null)
  for (const one of opened) {
    const { name, file, fileSize, header } = one
    const isUnborn = header === 'unborn' && fileSize <= SEGMENT_HEADER_BYTES
    if (isUnborn) unbornBytes += fileSize
    if (isUnborn || name.firstSeq <= coveredSeq) {
      leftOver.push(name.name)
      await file.close()
      continue
    }
    kept.push(one)
    if (isWhole(header)) coveredSeq = Math.max(coveredSeq, header.coversSeq)
  }
  const id = logId ?? newLogId()
  const found = kept.map(
    ({ name, file, fileSize, header }, i): Found => ({
      name: name.name,
      file,
      fileSize,
      header: isWhole(header)
        ? header
        : { logId: id, firstSeq: name.firstSeq, compacted: false, coversSeq: 0, records: 0 },
      headerDamaged: !isWhole(header),
      limitSeq: kept[i + 1]?.name.firstSeq ?? Number.POSITIVE_INFINITY,
    }),
  )
  return { names, found, logId: id, leftOver, unbornBytes }
}

const isWhole = (header: Opened['header']): header is Exclude<Opened['header'], string> =>
  typeof header !== 'string'
