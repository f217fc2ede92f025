import type { DirectoryLock } from './directory-lock.ts'

/** An open file. Every method rejects with the system's error, whose `code` says what is wrong. */
export interface DiskFile {
  /** Reads `length` bytes at `position` to the beginning of `to`; fewer only where the file ends. Returns how many. */
  read(to: Buffer, length: number, position: number): Promise<number>
  /** Writes the first `length` bytes of `from` at `position`, all of them. */
  write(from: Buffer, length: number, position: number): Promise<void>
  /** `write` and `datasync` in one, for half the CPU; where it rejects, it is as if either had. */
  writeThrough(from: Buffer, length: number, position: number): Promise<void>
  /** What was written, and the size, survive the power being cut. */
  datasync(): Promise<void>
  truncate(size: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/** All that the log asks of a file system, so that tests can let it fail, and crash, at any step. */
export interface DiskFiles {
  /** Creates the directory and its parents where they are missing. */
  makeDirectory(path: string): Promise<void>
  /** Takes the directory for this process until it is released or the process dies. */
  lock(path: string): Promise<DirectoryLock>
  /** The names in a directory. */
  list(path: string): Promise<readonly string[]>
  /** `existing` for reading and writing; `create` makes it, or empties what is there. */
  open(path: string, how: 'existing' | 'create'): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** A second name for the same file. */
  link(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Names made, changed and removed in this directory survive the power being cut. */
  syncDirectory(path: string): Promise<void>
}
