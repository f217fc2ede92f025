/** `0000000000000042.segment`; a second file that begins with the same number is `0000000000000042-1.segment`. */
const NAME = /^(\d{16})(?:-(\d{1,9}))?\.segment$/

export const TEMPORARY = '.tmp'
export const DAMAGED = '.damaged'

export interface SegmentName {
  readonly name: string
  readonly firstSeq: number
  readonly again: number
}

/** The files of the log among the names in its directory, in the order in which they were made. */
export function segmentNames(names: readonly string[]): readonly SegmentName[] {
  return names
    .flatMap((name) => {
      const [, seq, again] = NAME.exec(name) ?? []
      return seq === undefined ? [] : [{ name, firstSeq: Number(seq), again: Number(again ?? 0) }]
    })
    .sort((a, b) => a.firstSeq - b.firstSeq || a.again - b.again)
}

export const isTemporary = (name: string): boolean =>
  name.endsWith(TEMPORARY) && NAME.test(name.slice(0, -TEMPORARY.length))

/** Names for new files. Two begin with the same number when only DONE frames were written, or a sync failed. */
export interface FreshNames {
  fresh(firstSeq: number): string
  /** These exist. */
  begin(taken: readonly SegmentName[]): void
}

export function createFreshNames(): FreshNames {
  let lastSeq = -1
  let lastAgain = 0
  return {
    begin(taken) {
      const last = taken.at(-1)
      lastSeq = last?.firstSeq ?? -1
      lastAgain = last?.again ?? 0
    },
    fresh(firstSeq) {
      lastAgain = firstSeq === lastSeq ? lastAgain + 1 : 0
      lastSeq = firstSeq
      const again = lastAgain === 0 ? '' : `-${lastAgain}`
      return `${String(firstSeq).padStart(16, '0')}${again}.segment`
    },
  }
}
