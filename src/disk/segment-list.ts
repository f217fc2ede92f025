import type { Segment } from './segment.ts'

/** The files of the log, the oldest first; the last one is written to. */
export interface SegmentList {
  readonly all: readonly Segment[]
  /** Bytes of all files; what is still in memory included. */
  readonly fileBytes: number
  readonly spentBytes: number
  add(segment: Segment): void
  /** The one that holds, or held, this number; undefined when it is no longer there. */
  find(seq: number): Segment | undefined
  /** The first one that can hold a number above this one. */
  after(seq: number): Segment | undefined
  next(segment: Segment): Segment | undefined
  insertAfter(segment: Segment, added: Segment): void
  /** One takes the place of several neighbours. */
  replace(run: readonly Segment[], heir: Segment): void
  remove(segment: Segment): void
  clear(): void
  /** Whether no file before this one holds records that are done, which DONE frames in this one may speak of. */
  isFirstSpent(segment: Segment): boolean
}

export function createSegmentList(): SegmentList {
  const all: Segment[] = []
  /** Records that are done follow one another in the same file, mostly. */
  let recent: Segment | undefined

  /** The place of the last one that begins at or below this number; −1 when none does. */
  function placeOf(seq: number): number {
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((all[middle] as Segment).firstSeq <= seq) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  const sum = (of: (segment: Segment) => number): number => {
    let total = 0
    for (const segment of all) total += of(segment)
    return total
  }

  function retire(gone: readonly Segment[]): void {
    for (const segment of gone) segment.retired = true
    recent = undefined
  }

  return {
    all,
    get fileBytes() {
      return sum(({ size }) => size)
    },
    get spentBytes() {
      return Math.round(sum(({ spentBytes }) => spentBytes))
    },
    add: (segment) => void all.push(segment),
    find(seq) {
      if (recent !== undefined && seq >= recent.firstSeq && seq <= recent.lastSeq) return recent
      const found = all[placeOf(seq)]
      if (found !== undefined && seq <= found.lastSeq) recent = found
      return found
    },
    after(seq) {
      const place = Math.max(0, placeOf(seq))
      const found = all[place]
      return found !== undefined && found.lastSeq <= seq ? all[place + 1] : found
    },
    next: (segment) => all[all.indexOf(segment) + 1],
    insertAfter(segment, added) {
      all.splice(all.indexOf(segment) + 1, 0, added)
      recent = undefined
    },
    replace(run, heir) {
      all.splice(all.indexOf(run[0] as Segment), run.length, heir)
      retire(run)
    },
    remove(segment) {
      all.splice(all.indexOf(segment), 1)
      retire([segment])
    },
    clear: () => retire(all.splice(0)),
    isFirstSpent(segment) {
      for (const older of all) {
        if (older === segment) return true
        if (older.holdsSpent) return false
      }
      return true
    },
  }
}
