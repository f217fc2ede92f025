import { rmdir } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { DiskError, type DiskLog, type DiskLogDeps, type LoggedRecord, type Recovery } from './disk-log.ts'

/** A log that somebody else has left, and that is only emptied. */
export interface AdoptedLog {
  /** null: its directory cannot be had, or there is nothing in it. */
  open(): Promise<Recovery | null>
  readonly isOpen: boolean
  readonly fileBytes: number
  readonly spentBytes: number
  readonly damagedFiles: number
  /** The highest number in it, as it was when it was opened. */
  readonly lastSeq: number
  done(records: readonly LoggedRecord[]): void
  read: DiskLog['read']
  flush(): Promise<void>
  close(): Promise<void>
}

export interface AdoptedLogDeps {
  readonly path: string
  readonly log: Logger
  readonly create: (deps: DiskLogDeps) => DiskLog
  readonly onUnreadable: DiskLogDeps['onUnreadable']
}

/** Its directory goes with its last record, where nothing else is in it. */
export function createAdoptedLog({ path, log, create, onUnreadable }: AdoptedLogDeps): AdoptedLog {
  const disk = create({
    onStored: () => {},
    onState({ name, detail }) {
      if (name === 'full' || name === 'failing')
        log.error({ path, state: name, error: detail }, 'records of an adopted directory cannot be had now')
    },
    onUnreadable(topic, records, bytes) {
      onUnreadable(topic, records, bytes)
      less(records)
    },
  })
  let left = 0
  let lastSeq = 0
  let isOpen = false

  function less(records: number): void {
    left -= records
    if (left <= 0 && isOpen) void end()
  }

  async function end(): Promise<void> {
    isOpen = false
    await disk.closeAndRemove()
    // Not where there is more in it: copies of damaged files, or the directories of others.
    await rmdir(path).catch(() => {})
    log.info({ path }, 'the adopted directory is empty')
  }

  return {
    get isOpen() {
      return isOpen
    },
    get fileBytes() {
      return isOpen ? disk.fileBytes : 0
    },
    get spentBytes() {
      return isOpen ? disk.spentBytes : 0
    },
    get damagedFiles() {
      return disk.damagedFiles
    },
    get lastSeq() {
      return lastSeq
    },
    async open() {
      try {
        const recovery = await disk.open()
        isOpen = true
        left = recovery.records
        lastSeq = disk.lastSeq
        log.info({ path, records: left }, 'a directory that nobody writes to any more is adopted')
        if (left === 0) await end()
        return recovery
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
        log.error(
          { path, error: error.message },
          'a directory that nobody writes to any more cannot be adopted: what is in it stays there until the next start',
        )
        return null
      }
    },
    done(records) {
      disk.done(records)
      less(records.length)
    },
    read: (...asked): Promise<readonly KafkaRecord[]> => (isOpen ? disk.read(...asked) : Promise.resolve([])),
    flush: () => disk.flush(),
    close: () => disk.close(),
  }
}
