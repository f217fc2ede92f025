import { join } from 'node:path'
import { createBuffers } from './buffers.ts'
import { createDamage } from './damage.ts'
import type { DirectoryLock } from './directory-lock.ts'
import { asDiskError } from './disk-failure.ts'
import type { DiskFiles } from './disk-files.ts'
import { DiskError, type DiskLog, type DiskLogConfig, type DiskLogDeps, type Recovery } from './disk-log.ts'
import { createDiskState } from './disk-state.ts'
import { nodeFiles } from './node-files.ts'
import { createReader } from './reader.ts'
import { recover } from './recover.ts'
import { rewrite } from './rewrite.ts'
import { letGo } from './segment.ts'
import { createSegmentList } from './segment-list.ts'
import { createFreshNames, isTemporary, segmentNames } from './segment-names.ts'
import { createUnwritten } from './unwritten.ts'
import { createUpkeep } from './upkeep.ts'
import { createWriter } from './writer.ts'

const MIB = 1024 * 1024
const READ_BYTES = 256 * 1024
/** A disk that hangs does not hold up the end of the process for longer. */
const CLOSE_MS = 5_000
/** How often is looked whether the directory is still there. */
const PLACE_MS = 1_000
const GONE =
  'the directory was removed or replaced while it was in use, and no start will find what was in it; put it back and restart'

/** A log in a directory of its own; nothing is touched before `open`. */
export function createDiskLog(
  given: DiskLogConfig,
  deps: DiskLogDeps,
  files: DiskFiles = nodeFiles,
): DiskLog {
  const config = withDefaults(given)
  const { path, retryMs } = config
  const segments = createSegmentList()
  const unwritten = createUnwritten()
  const buffers = createBuffers(READ_BYTES)
  const names = createFreshNames()
  const keeper = createDiskState(deps.onState)
  const damage = createDamage({
    files,
    path,
    retryMs,
    buffers,
    keeper,
    onUnreadable: deps.onUnreadable,
    onDamage: () => upkeep.wake(),
  })
  const upkeep = createUpkeep(config, {
    files,
    path,
    retryMs,
    segments,
    buffers,
    keeper,
    damage,
    onRoom: () => writer.retryNow(),
  })
  const reader = createReader({ path, segments, unwritten, buffers, keeper, damage })
  const writer = createWriter(config, {
    files,
    segments,
    unwritten,
    keeper,
    freshName: names.fresh,
    discard: upkeep.discard,
    onStored: deps.onStored,
    room: upkeep.room,
    onChange: upkeep.wake,
  })
  let lock: DirectoryLock | null = null
  let placeTimer: NodeJS.Timeout | undefined
  let isGone = false
  let closing: Promise<void> | null = null

  async function open(): Promise<Recovery> {
    try {
      await files.makeDirectory(path).catch((error) => {
        throw asDiskError('create', path, error)
      })
      lock = await files.lock(path)
      const { recovery, nextSeq, logId } = await recover(files, path, segments, names)
      damage.begin(recovery.damagedFiles.length)
      await mendLast()
      writer.begin(nextSeq, logId)
      keeper.set('ok', `the log in ${path} is written and read`)
      upkeep.begin()
      placeTimer = setInterval(() => void checkPlace(), PLACE_MS)
      placeTimer.unref()
      return recovery
    } catch (error) {
      await lock?.release().catch(() => {})
      lock = null
      const reason = asDiskError('open', path, error)
      keeper.set('unusable', reason.message)
      throw reason
    }
  }

  /**
   * Holes in the last file are nothing but what was not synced yet. In one that is not the last they would be damage,
   * so it is rewritten before there is a next one; when that fails, the next `open` tells more than there was.
   */
  async function mendLast(): Promise<void> {
    const last = segments.all.at(-1)
    if (last?.damaged !== true) return
    const parts = { files, path, segments, buffers, damage, discard: upkeep.discard, isEnding: () => false }
    await rewrite([last], parts).catch(() => {})
  }

  /** What is written into a directory that is no longer there is found by nobody. */
  async function checkPlace(): Promise<void> {
    if (lock === null || (await lock.isHeld())) return
    isGone = true
    keeper.failed('place', 'go on in', path, new Error(GONE))
  }

  async function close(remove: boolean): Promise<void> {
    clearInterval(placeTimer)
    damage.end()
    const reason = await withinTime(
      upkeep.end().then(() => writer.end()),
      `the disk under ${path} did not answer for ${CLOSE_MS / 1000} s: look at the kernel log`,
    )
    const lost = unwritten.bytes
    const isEmpty =
      lost === 0 && reason === undefined && segments.all.every(({ liveRecords }) => liveRecords === 0)
    reader.clear()
    unwritten.clear()
    const open = [...segments.all]
    segments.clear()
    for (const segment of open) letGo(segment)
    if (remove && isEmpty && lock !== null) await removeFiles()
    await lock?.release().catch(() => {})
    lock = null
    const detail = `closed; ${lost} bytes were not written: ${String(reason)}`
    keeper.set('closed', reason === undefined && lost === 0 ? 'closed, and all is on disk' : detail)
  }

  function closeOnce(remove: boolean): Promise<void> {
    if (lock === null) return Promise.resolve()
    closing ??= close(remove)
    return closing
  }

  /** Under the lock. What a damaged file was copied to stays for the operator. */
  async function removeFiles(): Promise<void> {
    const all = await files.list(path).catch(() => [])
    const ours = [...segmentNames(all).map(({ name }) => name), ...all.filter(isTemporary)]
    for (const name of [...ours, 'owner', 'lock']) await files.unlink(join(path, name)).catch(() => {})
    await files.syncDirectory(path).catch(() => {})
  }

  return {
    get state() {
      return keeper.state
    },
    get accepts() {
      return keeper.state.name === 'ok'
    },
    // The rest is room for what is spent and not given back yet, and to write files anew in.
    capacity: Math.floor(config.maxBytes * 0.75),
    get fileBytes() {
      return segments.fileBytes + upkeep.discardedBytes
    },
    get spentBytes() {
      return segments.spentBytes + upkeep.discardedBytes
    },
    get unsyncedBytes() {
      return unwritten.bytes
    },
    get damagedFiles() {
      return damage.files
    },
    get lastSeq() {
      return writer.lastSeq
    },
    get storedSeq() {
      return isGone ? 0 : writer.storedSeq
    },
    async open() {
      if (lock !== null) throw new DiskError(`the log in ${path} is open already`)
      closing = null
      return open()
    },
    append: writer.append,
    done: writer.done,
    read: reader.read,
    flush: writer.flush,
    close: () => closeOnce(false),
    closeAndRemove: () => closeOnce(true),
  }
}

function withDefaults(config: DiskLogConfig): Required<DiskLogConfig> {
  const segmentBytes = Math.min(32 * MIB, Math.max(MIB, Math.floor(config.maxBytes / 32)))
  return { segmentBytes, retryMs: 1_000, ...config }
}

/** The promise's value, or the reason when it takes too long. */
async function withinTime(promise: Promise<unknown>, reason: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS, reason)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
