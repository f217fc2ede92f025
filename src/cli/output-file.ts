import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** A file that can be written, and has not been yet. */
export interface OutputFile {
  /** All of it; closes it. Throws what the system does, as when the disk is full. */
  write(text: string): void
  /** It is not to be written after all: as it was before, gone where it was not there. */
  leave(): void
}

/**
 * Opens a file without a change to one that is there. Throws EEXIST where one is and it is not to be replaced, and what else the system
 * says against it.
 */
export function openOutputFile(path: string, { replace }: { readonly replace: boolean }): OutputFile {
  const { fd, isNew } = opened(path, replace)
  return {
    write(text) {
      try {
        if (statSync(path).isFile()) ftruncateSync(fd, 0)
        writeFileSync(fd, text)
      } finally {
        closeSync(fd)
      }
    },
    leave() {
      closeSync(fd)
      if (isNew) unlinkSync(path)
    },
  }
}

function opened(path: string, replace: boolean): { readonly fd: number; readonly isNew: boolean } {
  try {
    return { fd: openSync(path, 'wx'), isNew: true }
  } catch (error) {
    if (!replace || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { fd: openSync(path, constants.O_WRONLY | constants.O_CREAT), isNew: false }
  }
}

/** As many as Linux follows. */
const MAX_LINKS = 40

/**
 * The same for two paths when they lead to the same file, by symlinks or hard links too; of a file that is not there yet, by where it would
 * be. Never throws.
 */
export function fileIdentity(path: string, links = 0): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    const target = links < MAX_LINKS ? orNull(() => readlinkSync(path)) : null
    if (target !== null) return fileIdentity(resolve(dirname(path), target), links + 1)
    const folder = dirname(resolve(path))
    return join(orNull(() => realpathSync(folder)) ?? folder, basename(path))
  }
}

function orNull<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}
