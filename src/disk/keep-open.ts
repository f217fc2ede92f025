import type { Logger } from 'pino'
import { DiskError, type DiskLog, type Recovery } from './disk-log.ts'

export interface KeepOpenDeps {
  readonly log: Logger
  /** The log is open; told once, in the same turn. */
  readonly onOpen: (recovery: Recovery) => void
  /** The pause between two tries, in ms. */
  readonly pauseMs?: number
}

/** Opens the log of the queue, and goes on trying while it cannot be had: another process may let go of it. */
export interface KeepOpen {
  /** Resolves after the first try, however it ended. Never rejects. */
  start(): Promise<void>
  /** No further try. */
  stop(): void
}

const PAUSE_MS = 5000

export function createKeepOpen(disk: Pick<DiskLog, 'open'>, deps: KeepOpenDeps): KeepOpen {
  const { log, onOpen, pauseMs = PAUSE_MS } = deps
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let told = ''

  async function attempt(): Promise<void> {
    try {
      const recovery = await disk.open()
      if (stopped) return
      tell(log, recovery)
      onOpen(recovery)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      if (error.message !== told) {
        told = error.message
        log.error(
          { error: told },
          'the disk of the queue cannot be used: records are in memory only; trying again',
        )
      }
      if (!stopped) timer = setTimeout(() => void attempt(), pauseMs)
    }
  }

  return {
    start: attempt,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

function tell(log: Logger, { records, lanes, tornBytes, damagedFiles, unreadableRecords }: Recovery): void {
  if (damagedFiles.length > 0) {
    log.error(
      { files: damagedFiles, records: unreadableRecords },
      'files of the queue are damaged: what can be read is sent, copies are kept; up to so many records are lost',
    )
  }
  if (tornBytes > 0) {
    log.warn(
      { bytes: tornBytes },
      'the last write to the disk was not finished when the process ended: cut off',
    )
  }
  if (records > 0)
    log.info({ records, topics: lanes.length }, 'records of an earlier run are on disk: sending them')
}
