import { join } from 'node:path'
import type { Buffers } from './buffers.ts'
import { areTooMany, chooseRun, isWasteful, type Room } from './choose-run.ts'
import type { Damage } from './damage.ts'
import type { DiskFiles } from './disk-files.ts'
import type { DiskStateKeeper } from './disk-state.ts'
import { rewrite } from './rewrite.ts'
import { letGo, type Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

export interface UpkeepDeps {
  readonly files: DiskFiles
  readonly path: string
  readonly retryMs: number
  readonly segments: SegmentList
  readonly buffers: Buffers
  readonly keeper: DiskStateKeeper
  readonly damage: Damage
  /** There is more room on the disk than before. */
  readonly onRoom: () => void
}

/** Keeps the files small: deletes what is spent and rewrites what is mostly spent, in the background. */
export interface Upkeep {
  /** Bytes of files that are to be deleted and are still there. */
  readonly discardedBytes: number
  begin(): void
  /** Looks whether there is something to do. */
  wake(): void
  /** A file to be deleted. */
  discard(name: string, bytes: number): void
  /** Resolves when there is room for more, or nothing more to be done for it; null when there is room. */
  room(): Promise<void> | null
  end(): Promise<void>
}

export function createUpkeep(limits: Room, deps: UpkeepDeps): Upkeep {
  const { files, path, segments, keeper, onRoom } = deps
  const discarded = new Map<string, number>()
  let running: Promise<void> | null = null
  let again = false
  let ending = true
  let retry: NodeJS.Timeout | undefined
  let waiting: (() => void)[] = []

  const discardedBytes = (): number => {
    let bytes = 0
    for (const size of discarded.values()) bytes += size
    return bytes
  }
  const fileBytes = (): number => segments.fileBytes + discardedBytes()
  const isShort = (): boolean => fileBytes() > limits.maxBytes - limits.segmentBytes

  /** Those that nothing is written to any more. The last file on disk is not among them: it tells the last number. */
  function idle(): readonly Segment[] {
    const { all } = segments
    let end = all.length
    while (end > 0 && !isIdle(all[end - 1])) end--
    const isNewerOnDisk = all.slice(end).some(({ file }) => file !== null)
    return all.slice(0, isNewerOnDisk ? end : Math.max(0, end - 1))
  }

  const isIdle = (segment: Segment | undefined): boolean =>
    segment?.sealed === true && segment.file !== null && segment.syncedSize === segment.size

  /** Somebody else may have deleted it. */
  async function unlink(name: string): Promise<void> {
    await files.unlink(join(path, name)).catch((error: { code?: unknown }) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  async function removeDiscarded(): Promise<void> {
    // What has taken their place must be there for good.
    await files.syncDirectory(path)
    for (const name of discarded.keys()) {
      await unlink(name)
      discarded.delete(name)
    }
    await files.syncDirectory(path)
    onRoom()
    wakeWaiting()
  }

  /** One at a time and synced: the next file's DONE frames may speak of this one's records. */
  async function removeSpent(segment: Segment): Promise<void> {
    await unlink(segment.name)
    segments.remove(segment)
    letGo(segment)
    await files.syncDirectory(path)
    onRoom()
    wakeWaiting()
  }

  function nextRun(): readonly Segment[] | undefined {
    const all = idle()
    const damaged = all.find((segment) => segment.damaged)
    if (damaged !== undefined) return [damaged]
    if (isWasteful(limits, fileBytes(), segments.spentBytes)) {
      const run = chooseRun(all, limits, 'waste')
      if (run !== undefined) return run
    }
    return areTooMany(limits, segments.all.length) ? chooseRun(all, limits, 'number') : undefined
  }

  /** Does one thing; false when there is nothing to do. */
  async function step(): Promise<boolean> {
    if (discarded.size > 0) {
      await removeDiscarded()
      return true
    }
    const spent = idle().find((segment) => segment.liveRecords === 0 && segments.isFirstSpent(segment))
    if (spent !== undefined) {
      await removeSpent(spent)
      return true
    }
    const run = nextRun()
    if (run === undefined) return false
    await rewrite(run, { ...deps, discard, isEnding: () => ending })
    wakeWaiting()
    return true
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false
        while (!ending && (await step()));
        keeper.works('tidy')
      } while (again && !ending)
    } catch (error) {
      if (!ending) {
        keeper.failed('tidy', 'make room in', path, error)
        retry = setTimeout(wake, deps.retryMs)
      }
    }
    running = null
    wakeWaiting()
  }

  function wake(): void {
    if (ending) return
    again = true
    clearTimeout(retry)
    running ??= run()
  }

  function wakeWaiting(): void {
    if (waiting.length === 0 || (running !== null && isShort() && !ending)) return
    for (const resolve of waiting.splice(0)) resolve()
  }

  function discard(name: string, bytes: number): void {
    discarded.set(name, bytes)
    wake()
  }

  return {
    get discardedBytes() {
      return discardedBytes()
    },
    begin() {
      ending = false
      discarded.clear()
      wake()
    },
    wake,
    discard,
    room() {
      if (ending || !isShort()) return null
      wake()
      return new Promise((resolve) => {
        waiting.push(resolve)
      })
    },
    async end() {
      ending = true
      clearTimeout(retry)
      wakeWaiting()
      await running
      waiting = []
    },
  }
}
