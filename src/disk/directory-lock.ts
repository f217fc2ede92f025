import { readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DiskError } from './disk-log.ts'

/** A directory that is this process's own. */
export interface DirectoryLock {
  release(): Promise<void>
  /** False when the directory is no longer where it was: removed, replaced, or its volume taken away. Never rejects. */
  isHeld(): Promise<boolean>
}

/** SQLite's primary result code for "database is locked". */
const SQLITE_BUSY = 5

/**
 * Takes a directory for this process: SQLite's lock on the file `lock`, which is the kernel's and falls with the
 * process, however it dies. Node has no other file lock built in. Who holds it stands in `owner`. Rejects with a
 * DiskError naming the holder when another one has it, in this process too.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  // Loaded only here: who keeps nothing on disk does not pay for it.
  const { DatabaseSync } = await import('node:sqlite')
  const file = join(path, 'lock')
  let database: InstanceType<typeof DatabaseSync> | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    throw await lockError(path, error)
  }
  const taken = database
  const since = new Date().toISOString()
  // Only for the message of the next one: on a full disk the lock counts all the same.
  await writeFile(join(path, 'owner'), `process ${process.pid} on ${hostname()} since ${since}\n`).catch(
    () => {},
  )
  const { ino } = await stat(file)
  return {
    async release() {
      taken.close()
    },
    async isHeld() {
      return (await stat(file).catch(() => null))?.ino === ino
    },
  }
}

async function lockError(path: string, error: unknown): Promise<DiskError> {
  if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) {
    const owner = await readFile(join(path, 'owner'), 'utf8').then(
      (text) => text.trim().slice(0, 200),
      () => 'another process',
    )
    return new DiskError(
      `cannot lock ${path}: it is in use by ${owner}: stop that one, or give this one a directory of its own`,
      { cause: error },
    )
  }
  const cause = error instanceof Error ? error.message : String(error)
  return new DiskError(
    `cannot lock ${path}: ${cause}: is the directory on a writable disk, and may this user write there?`,
    { cause: error },
  )
}
