import { join } from 'node:path'
import type { Buffers } from './buffers.ts'
import type { DiskFiles } from './disk-files.ts'
import type { DiskLogDeps } from './disk-log.ts'
import type { DiskStateKeeper } from './disk-state.ts'
import { RECORDS } from './frame.ts'
import { keepDamaged } from './keep-damaged.ts'
import { RecordCursor } from './record-codec.ts'
import { type Segment, useFile } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'
import { walkFrames } from './walk-frames.ts'

/** What becomes of files that can no longer be read, or not now. */
export interface Damage {
  /** Files of which not everything could be read, since `begin`. */
  readonly files: number
  begin(files: number): void
  /** Places of a file that cannot be read: what was there is lost, and told of. Known ones are passed over. */
  found(segment: Segment, gaps: readonly number[]): Promise<void>
  /** The disk did not give this place of a file: tries it again until it does. */
  retry(segment: Segment, offset: number): void
  end(): void
}

export interface DamageDeps {
  readonly files: DiskFiles
  readonly path: string
  readonly retryMs: number
  readonly buffers: Buffers
  readonly keeper: DiskStateKeeper
  readonly onUnreadable: DiskLogDeps['onUnreadable']
  /** A file is to be rewritten without what cannot be read. */
  readonly onDamage: () => void
}

export function createDamage(deps: DamageDeps): Damage {
  const { path, buffers, keeper, onUnreadable, onDamage } = deps
  const damaged = new Set<string>()
  let atOpen = 0
  let probe: NodeJS.Timeout | undefined

  /** Which records of the file can be read, with what is needed to count them. */
  async function readable(segment: Segment): Promise<(readonly [number, string, number])[]> {
    const found: (readonly [number, string, number])[] = []
    const cursor = new RecordCursor()
    await useFile(segment, (file) =>
      buffers.using((buffer) =>
        walkFrames({
          file,
          buffer,
          logId: segment.logId,
          from: SEGMENT_HEADER_BYTES,
          to: segment.syncedSize,
          onGap: (from) => void segment.knownGaps.add(from),
          visit: (frame) => {
            if (frame.type !== RECORDS) return undefined
            cursor.enter(frame.buffer, frame.start, frame.end)
            while (cursor.next()) {
              if (segment.isLive(cursor.seq)) found.push([cursor.seq, cursor.topic, cursor.bytes])
            }
            return undefined
          },
        }),
      ),
    )
    return found
  }

  async function tryAgain(segment: Segment, offset: number): Promise<void> {
    try {
      if (!segment.retired) {
        await useFile(segment, (file) => buffers.using((buffer) => file.read(buffer, buffer.length, offset)))
      }
      keeper.works('read')
    } catch {
      retry(segment, offset)
    }
  }

  function retry(segment: Segment, offset: number): void {
    clearTimeout(probe)
    probe = setTimeout(() => void tryAgain(segment, offset), deps.retryMs)
  }

  return {
    get files() {
      return atOpen + damaged.size
    },
    begin(files) {
      damaged.clear()
      atOpen = files
    },
    async found(segment, gaps) {
      if (gaps.every((gap) => segment.knownGaps.has(gap))) return
      segment.damaged = true
      // One that is still written to is looked at when it is full, before it is rewritten.
      if (!segment.sealed || segment.syncedSize < segment.size) return
      await keepDamaged(deps.files, path, segment.name)
      const left = await readable(segment)
      if (segment.retired) return
      damaged.add(join(path, segment.name))
      for (const gap of gaps) segment.knownGaps.add(gap)
      const lost = segment.keepOnly(left)
      for (const [topic, { records, bytes }] of lost) onUnreadable(topic, records, bytes)
      onDamage()
    },
    retry,
    end() {
      clearTimeout(probe)
    },
  }
}
