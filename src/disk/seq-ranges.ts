import { MAX_VARINT_BYTES, putVarint, VarintReader } from './varint.ts'

/** Numbers as ranges, both ends included. Memory grows with the ranges, not with the numbers. */
export interface SeqRanges {
  /** How many numbers; exact when none was added twice. */
  readonly count: number
  readonly isEmpty: boolean
  add(from: number, to: number): void
  remove(from: number, to: number): void
  /** In order and merged: from, to, from, to… Empties it. */
  take(): number[]
}

/** So many ends are sorted and merged at least. */
const MERGE_AT = 8_192

export function createSeqRanges(): SeqRanges {
  let ends: number[] = []
  let mergeAt = MERGE_AT

  /** In the order of adding until here: cheap where numbers come mostly one after the other. */
  function merge(): void {
    ends = mergeRanges(ends)
    mergeAt = Math.max(MERGE_AT, ends.length * 2)
  }

  return {
    get count() {
      merge()
      let count = 0
      for (let i = 0; i < ends.length; i += 2) count += (ends[i + 1] as number) - (ends[i] as number) + 1
      return count
    },
    get isEmpty() {
      return ends.length === 0
    },
    add(from, to) {
      const last = ends.length - 1
      if (last > 0 && ends[last] === from - 1) ends[last] = to
      else if (ends.push(from, to) >= mergeAt) merge()
    },
    remove(from, to) {
      const left: number[] = []
      for (let i = 0; i < ends.length; i += 2) {
        const a = ends[i] as number
        const b = ends[i + 1] as number
        if (a < from) left.push(a, Math.min(b, from - 1))
        if (b > to) left.push(Math.max(a, to + 1), b)
      }
      ends = left
    },
    take() {
      const all = mergeRanges(ends)
      ends = []
      return all
    },
  }
}

function mergeRanges(ends: readonly number[]): number[] {
  const starts = Array.from({ length: ends.length / 2 }, (_, i) => 2 * i)
  starts.sort((a, b) => (ends[a] as number) - (ends[b] as number))
  const merged: number[] = []
  for (const i of starts) {
    const from = ends[i] as number
    const to = ends[i + 1] as number
    const last = merged.length - 1
    if (last > 0 && from <= (merged[last] as number) + 1) merged[last] = Math.max(merged[last] as number, to)
    else merged.push(from, to)
  }
  return merged
}

/** So many ends go into one DONE frame. */
export const ENDS_PER_FRAME = 8_192

export const rangesBound = (ends: number): number => MAX_VARINT_BYTES * (ends + 1)

/** The body of a DONE frame: the number of ends, and each as the distance from the one before. */
export function encodeRanges(to: Buffer, start: number, ends: readonly number[]): number {
  let at = putVarint(to, start, ends.length)
  let last = 0
  for (const end of ends) {
    at = putVarint(to, at, end - last)
    last = end
  }
  return at
}

export function decodeRanges(buffer: Buffer, start: number, end: number): number[] {
  const reader = new VarintReader()
  reader.reset(buffer, start, end)
  const ends: number[] = []
  let last = 0
  for (let left = reader.next(); left > 0 && reader.at < end; left--) {
    last += reader.next()
    ends.push(last)
  }
  return ends
}
