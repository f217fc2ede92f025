import { join } from 'node:path'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { Buffers } from './buffers.ts'
import type { Damage } from './damage.ts'
import { asDiskError } from './disk-failure.ts'
import type { DiskStateKeeper } from './disk-state.ts'
import { markerOf, RECORDS } from './frame.ts'
import { RecordCursor } from './record-codec.ts'
import { type Segment, useFile } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'
import type { SegmentList } from './segment-list.ts'
import type { Unwritten } from './unwritten.ts'
import { type Frame, visitAll, walkFrames } from './walk-frames.ts'

export interface ReaderDeps {
  readonly path: string
  readonly segments: SegmentList
  readonly unwritten: Unwritten
  readonly buffers: Buffers
  readonly keeper: DiskStateKeeper
  readonly damage: Damage
}

export interface Reader {
  read(topic: string, afterSeq: number, maxRecords: number, maxBytes: number): Promise<readonly KafkaRecord[]>
  clear(): void
}

/** Where the next record of a topic is looked for. */
interface Place {
  readonly segment: Segment
  readonly offset: number
}

/** Topics whose place is remembered; more only read slower. */
const MAX_HINTS = 10_000

/** One call of `read`, and what it has found. */
interface Search {
  readonly topic: string
  readonly topicBytes: Buffer
  readonly maxRecords: number
  readonly maxBytes: number
  readonly records: KafkaRecord[]
  bytes: number
  /** All up to here is found, or not wanted. */
  seq: number
  /** Where the next search begins. */
  offset: number
  enough: boolean
}

export function createReader(deps: ReaderDeps): Reader {
  const { path, segments, unwritten, buffers, keeper, damage } = deps
  /** Where the last search of each topic ended: the next one goes on there. */
  const hints = new Map<string, Place & { readonly seq: number }>()
  const cursor = new RecordCursor()

  function firstPlace(topic: string, afterSeq: number): Place | undefined {
    const hint = hints.get(topic)
    if (hint !== undefined && !hint.segment.retired && hint.seq <= afterSeq) return hint
    return placeIn(segments.after(afterSeq))
  }

  async function search(it: Search): Promise<Segment | undefined> {
    let place = firstPlace(it.topic, it.seq)
    while (place !== undefined) {
      const { segment } = place
      it.offset = place.offset
      if (segment.topics.has(it.topic)) await searchSegment(it, segment)
      if (it.enough) return segment
      // It was rewritten or deleted meanwhile: what is left of it is in another one.
      if (segment.retired) place = placeIn(segments.after(it.seq))
      else {
        const next = segments.next(segment)
        if (next === undefined) return segment
        place = placeIn(next)
      }
    }
    return undefined
  }

  async function searchSegment(it: Search, segment: Segment): Promise<void> {
    while (!it.enough && !segment.retired && it.offset < segment.size) {
      if (it.offset < segment.syncedSize) await searchFile(it, segment)
      else searchMemory(it, segment)
    }
  }

  async function searchFile(it: Search, segment: Segment): Promise<void> {
    const { syncedSize, logId } = segment
    const gaps: number[] = []
    const at = join(path, segment.name)
    try {
      await useFile(segment, (file) =>
        buffers.using((buffer) =>
          walkFrames({
            file,
            logId,
            buffer,
            from: it.offset,
            to: syncedSize,
            visit: (frame) => visit(it, segment, frame),
            onGap: (from) => void gaps.push(from),
          }),
        ),
      )
      keeper.works('read')
      if (!it.enough) it.offset = syncedSize
      if (!segment.retired) await damage.found(segment, gaps)
    } catch (error) {
      keeper.failed('read', 'read', at, error)
      damage.retry(segment, it.offset)
      throw asDiskError('read', at, error)
    }
  }

  function searchMemory(it: Search, segment: Segment): void {
    const chunk = unwritten.find(segment, it.offset)
    if (chunk === undefined) {
      it.offset = segment.size
      return
    }
    const { buffer, offset, length } = chunk
    const { logId } = segment
    const from = it.offset - offset
    visitAll(buffer.subarray(from, length), length - from, {
      at: it.offset,
      gapFrom: -1,
      isEnd: true,
      marker: markerOf(logId),
      logId,
      visit: (frame) => visit(it, segment, frame),
      onGap: () => {},
    })
    if (!it.enough) it.offset = offset + length
  }

  function visit(it: Search, segment: Segment, frame: Frame): 'stop' | undefined {
    it.enough = it.records.length >= it.maxRecords || (it.bytes >= it.maxBytes && it.records.length > 0)
    if (it.enough) return 'stop'
    if (frame.type === RECORDS) {
      cursor.enter(frame.buffer, frame.start, frame.end)
      while (cursor.next()) {
        const { seq } = cursor
        if (seq <= it.seq || !cursor.isTopic(it.topicBytes) || !isLive(segment, seq)) continue
        const isTooMuch = it.records.length >= it.maxRecords || it.bytes + cursor.bytes > it.maxBytes
        if (isTooMuch && it.records.length > 0) {
          it.enough = true
          return 'stop'
        }
        it.records.push(cursor.decode(it.topic))
        it.bytes += cursor.bytes
        it.seq = seq
      }
    }
    it.offset = frame.endOffset
    return undefined
  }

  /** A segment that was rewritten while it was read still shows what was in it, but not any more what is done. */
  function isLive(segment: Segment, seq: number): boolean {
    return (segment.retired ? segments.find(seq) : segment)?.isLive(seq) ?? false
  }

  const placeIn = (segment: Segment | undefined): Place | undefined =>
    segment && { segment, offset: SEGMENT_HEADER_BYTES }

  return {
    async read(topic, afterSeq, maxRecords, maxBytes) {
      const it: Search = {
        topic,
        topicBytes: Buffer.from(topic),
        maxRecords,
        maxBytes,
        records: [],
        bytes: 0,
        seq: afterSeq,
        offset: 0,
        enough: false,
      }
      const segment = await search(it)
      if (hints.size >= MAX_HINTS) hints.clear()
      if (segment === undefined) hints.delete(topic)
      else hints.set(topic, { segment, offset: it.offset, seq: it.seq })
      return it.records
    },
    clear: () => hints.clear(),
  }
}
