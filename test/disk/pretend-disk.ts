import { basename } from 'node:path'
import type { DiskFile, DiskFiles } from '../../src/disk/disk-files.ts'
import { DiskError } from '../../src/disk/disk-log.ts'

/** A number from 0 to below `below`. */
export type Random = (below: number) => number

export type Operation =
  | 'makeDirectory'
  | 'lock'
  | 'list'
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'syncDirectory'

/** What changes the disk: where a crash makes a difference. */
const CHANGES: ReadonlySet<Operation> = new Set<Operation>([
  'create',
  'write',
  'datasync',
  'truncate',
  'rename',
  'link',
  'unlink',
  'syncDirectory',
])

/** Small, so that holes fall into the middle of frames and between them. */
const PAGE = 128

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number }

interface Inode {
  bytes: Buffer
  durable: Buffer
  /** Since the last sync. */
  changes: Change[]
}

type NameChange = readonly (readonly [name: string, inode: Inode | null])[]

/**
 * A file system in memory that knows what is only in its caches: when the power is cut, any part of that may be lost,
 * and any part may have reached the disk.
 */
export interface PretendDisk {
  /** For one life of the process; after `powerCut` everything that is asked of it fails. */
  files(): DiskFiles
  /** Before the n-th change from now on, the power is cut. */
  cutAt(change: number): void
  readonly isCut: boolean
  /** Changes since the last `powerOn`. */
  readonly changes: number
  powerCut(): void
  /** What is left after the cut; `random` decides about all that was not synced. */
  powerOn(random: Random): void
  /** Lets an operation fail: returns the error, or undefined. */
  failing: (operation: Operation, name: string) => Error | undefined
  /** Bytes of all files, and the most they ever were. */
  readonly bytes: number
  readonly peakBytes: number
  /** The changes that were made, in order: `write 0000000000000001.segment`. */
  readonly log: readonly string[]
  readonly names: readonly string[]
  /** A file's bytes, to look at and to damage. */
  contentOf(name: string): Buffer
  put(name: string, bytes: Buffer): void
}

export const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: as the test wants it`), { code })

export function createPretendDisk(): PretendDisk {
  let names = new Map<string, Inode>()
  let durableNames = new Map<string, Inode>()
  let nameChanges: NameChange[] = []
  let life = 0
  let isLocked = false
  let isCut = false
  let changes = 0
  let cutBefore = Number.POSITIVE_INFINITY
  let peakBytes = 0
  const log: string[] = []

  const total = (): number => {
    let bytes = 0
    for (const [name, inode] of names) if (!name.endsWith('.damaged')) bytes += inode.bytes.length
    return bytes
  }

  async function step(own: number, operation: Operation, path: string): Promise<void> {
    // A turn of the event loop, as with a real disk: others get in between.
    await new Promise((resolve) => setImmediate(resolve))
    if (own === life && !isCut && CHANGES.has(operation) && ++changes >= cutBefore) isCut = true
    if (own !== life || isCut) throw systemError('EIO')
    if (CHANGES.has(operation)) log.push(`${operation} ${basename(path)}`)
    const error = disk.failing(operation, basename(path))
    if (error !== undefined) throw error
  }

  function rename(change: NameChange): void {
    for (const [name, inode] of change) {
      if (inode === null) names.delete(name)
      else names.set(name, inode)
    }
    nameChanges.push(change)
  }

  function inodeOf(name: string): Inode {
    const inode = names.get(name)
    if (inode === undefined) throw systemError('ENOENT')
    return inode
  }

  function change(inode: Inode, what: Change): void {
    inode.changes.push(what)
    inode.bytes = applied(inode.bytes, what)
    peakBytes = Math.max(peakBytes, total())
  }

  function fileOf(own: number, name: string, inode: Inode): DiskFile {
    const file: DiskFile = {
      async read(to, length, position) {
        await step(own, 'read', name)
        return inode.bytes.copy(to, 0, position, Math.min(position + length, inode.bytes.length))
      },
      async write(from, length, position) {
        const bytes = Buffer.from(from.subarray(0, length))
        const before = isCut
        await step(own, 'write', name).catch((error) => {
          // When the power is cut in the middle of a write, a part of it may be there.
          if (isCut && !before && changes === cutBefore) change(inode, { at: position, bytes })
          throw error
        })
        change(inode, { at: position, bytes })
      },
      async writeThrough(from, length, position) {
        await file.write(from, length, position)
        await file.datasync()
      },
      async datasync() {
        await step(own, 'datasync', name)
        inode.durable = inode.bytes
        inode.changes = []
      },
      async truncate(size) {
        await step(own, 'truncate', name)
        change(inode, { size })
      },
      size: async () => inode.bytes.length,
      close: async () => {},
    }
    return file
  }

  function files(): DiskFiles {
    const own = life
    return {
      makeDirectory: (path) => step(own, 'makeDirectory', path),
      async lock(path) {
        await step(own, 'lock', path)
        if (isLocked) throw new DiskError('it is locked')
        isLocked = true
        return {
          async release() {
            if (own === life) isLocked = false
          },
          isHeld: async () => true,
        }
      },
      async list(path) {
        await step(own, 'list', path)
        return [...names.keys()]
      },
      async open(path, how) {
        const name = basename(path)
        await step(own, how === 'create' ? 'create' : 'open', name)
        if (how === 'existing') return fileOf(own, name, inodeOf(name))
        const inode: Inode = { bytes: Buffer.alloc(0), durable: Buffer.alloc(0), changes: [] }
        rename([[name, inode]])
        return fileOf(own, name, inode)
      },
      async rename(from, to) {
        await step(own, 'rename', to)
        rename([
          [basename(from), null],
          [basename(to), inodeOf(basename(from))],
        ])
      },
      async link(from, to) {
        await step(own, 'link', to)
        if (names.has(basename(to))) throw systemError('EEXIST')
        rename([[basename(to), inodeOf(basename(from))]])
      },
      async unlink(path) {
        await step(own, 'unlink', path)
        inodeOf(basename(path))
        rename([[basename(path), null]])
      },
      async syncDirectory(path) {
        await step(own, 'syncDirectory', path)
        durableNames = new Map(names)
        nameChanges = []
      },
    }
  }

  const disk: PretendDisk = {
    files,
    cutAt(change) {
      cutBefore = changes + change
    },
    get isCut() {
      return isCut
    },
    get changes() {
      return changes
    },
    powerCut() {
      isCut = true
    },
    powerOn(random) {
      names = durableNames
      for (const change of surviving(nameChanges, random)) rename(change)
      for (const inode of names.values()) {
        inode.bytes = survivingBytes(inode, random)
        inode.durable = inode.bytes
        inode.changes = []
      }
      durableNames = new Map(names)
      nameChanges = []
      life++
      isLocked = false
      isCut = false
      changes = 0
      cutBefore = Number.POSITIVE_INFINITY
      disk.failing = () => undefined
    },
    failing: () => undefined,
    log,
    get bytes() {
      return total()
    },
    get peakBytes() {
      return peakBytes
    },
    get names() {
      return [...names.keys()].sort()
    },
    contentOf: (name) => inodeOf(name).bytes,
    put(name, bytes) {
      names.set(name, { bytes, durable: bytes, changes: [] })
      durableNames.set(name, names.get(name) as Inode)
    },
  }
  return disk
}

function applied(bytes: Buffer, change: Change): Buffer {
  if ('size' in change) {
    const resized = Buffer.alloc(change.size)
    bytes.copy(resized, 0, 0, change.size)
    return resized
  }
  const { at, bytes: more } = change
  const written = Buffer.alloc(Math.max(bytes.length, at + more.length))
  bytes.copy(written)
  more.copy(written, at)
  return written
}

/** All, none, the first ones, or any of them. */
function surviving<T>(changes: readonly T[], random: Random): readonly T[] {
  const how = random(4)
  if (how === 0) return []
  if (how === 1) return [...changes]
  if (how === 2) return changes.slice(0, random(changes.length + 1))
  return changes.filter(() => random(2) === 0)
}

function survivingBytes({ durable, changes }: Inode, random: Random): Buffer {
  let bytes = durable
  for (const change of surviving(changes, random)) {
    const how = random(4)
    if (how < 2 || 'size' in change) bytes = applied(bytes, change)
    else if (how === 2)
      bytes = applied(bytes, { ...change, bytes: change.bytes.subarray(0, random(change.bytes.length)) })
    else bytes = withHoles(bytes, change, random)
  }
  return bytes
}

/** Some pages of a write reached the disk, others did not; the file is as long as it should be. */
function withHoles(before: Buffer, change: { at: number; bytes: Buffer }, random: Random): Buffer {
  const after = applied(before, change)
  for (let page = Math.floor(change.at / PAGE); page * PAGE < change.at + change.bytes.length; page++) {
    if (random(2) === 0) continue
    const from = page * PAGE
    const to = Math.min(from + PAGE, after.length)
    for (let i = from; i < to; i++) after[i] = before[i] ?? 0
  }
  return after
}
