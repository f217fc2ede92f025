import fs from 'node:fs'
import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockDirectory } from './directory-lock.ts'
import type { DiskFile, DiskFiles } from './disk-files.ts'

/** The real file system. */
export const nodeFiles: DiskFiles = {
  async makeDirectory(path) {
    try {
      await mkdir(path, { recursive: true })
    } catch (error) {
      // Of a read-only file system Node says ENOENT, when several directories are to be made.
      const parent = dirname(path)
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
      await nodeFiles.makeDirectory(parent)
      await mkdir(path)
    }
  },
  lock: lockDirectory,
  list: (path) => readdir(path),
  async open(path, how) {
    return nodeFile(path, await openFd(path, how === 'create' ? 'w+' : 'r+'))
  },
  rename,
  link,
  unlink,
  async syncDirectory(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** By callbacks: a FileHandle's promises cost several times as much CPU, and a commit is two calls. */
function nodeFile(path: string, fd: number): DiskFile {
  /** Opened when it is first used: each write to it is synced before it returns, in one call of the thread pool. */
  let through: Promise<number> | null = null

  return {
    async read(to, length, position) {
      let got = 0
      while (got < length) {
        const more = await readSome(fd, to, got, length - got, position + got)
        if (more === 0) break
        got += more
      }
      return got
    },
    write: (from, length, position) => writeAll(fd, from, length, position),
    async writeThrough(from, length, position) {
      through ??= openFd(path, fs.constants.O_WRONLY | fs.constants.O_DSYNC)
      await writeAll(await through, from, length, position)
    },
    datasync: () => settle((done) => fs.fdatasync(fd, done)),
    truncate: (size) => settle((done) => fs.ftruncate(fd, size, done)),
    size: () =>
      new Promise((resolve, reject) => {
        fs.fstat(fd, (error, stat) => (error === null ? resolve(stat.size) : reject(error)))
      }),
    async close() {
      const other = await through?.catch(() => null)
      if (typeof other === 'number') await settle((done) => fs.close(other, done))
      await settle((done) => fs.close(fd, done))
    },
  }
}

async function writeAll(fd: number, from: Buffer, length: number, position: number): Promise<void> {
  let put = 0
  while (put < length) put += await writeSome(fd, from, put, length - put, position + put)
}

const openFd = (path: string, flags: string | number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.open(path, flags, (error, fd) => (error === null ? resolve(fd) : reject(error)))
  })

const readSome = (fd: number, to: Buffer, start: number, length: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.read(fd, to, start, length, position, (error, got) => (error === null ? resolve(got) : reject(error)))
  })

const writeSome = (
  fd: number,
  from: Buffer,
  start: number,
  length: number,
  position: number,
): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.write(fd, from, start, length, position, (error, put) =>
      error === null ? resolve(put) : reject(error),
    )
  })

const settle = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    call((error) => (error === null ? resolve() : reject(error)))
  })
