import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { orphanedLogPaths, ownLogPath } from '../../src/disk/worker-logs.ts'
import { realDirectory } from './children.ts'

describe('the directories of workers', () => {
  it('is the path itself for one process, and one below it for each of several', () => {
    expect(ownLogPath('/q', { index: 0, count: 1 })).toBe('/q')
    expect(ownLogPath('/q', { index: 2, count: 3 })).toBe('/q/worker-2')
  })

  it('leaves each orphan to exactly one of them, and what is no worker of ours alone', () => {
    const path = realDirectory()
    for (const name of ['worker-0', 'worker-1', 'worker-2', 'worker-10', 'worker-x', 'worker-01', 'other'])
      mkdirSync(join(path, name))
    const of = (index: number, count: number) =>
      orphanedLogPaths(path, { index, count }).map((one) => one.slice(path.length + 1))
    expect(of(0, 1)).toEqual(['worker-0', 'worker-1', 'worker-2', 'worker-10'])
    expect([of(0, 2), of(1, 2)]).toEqual([['worker-2', 'worker-10'], []])
    expect([of(0, 3), of(1, 3), of(2, 3)]).toEqual([[], ['worker-10'], []])
    // What a single process has left is the first one's.
    writeFileSync(join(path, '0000000000000001.segment'), '')
    expect([of(0, 3), of(1, 3)]).toEqual([[''], ['worker-10']])
    expect(of(0, 1)).not.toContain('')
  })

  it('finds none where there is no directory yet, or a file in its place', () => {
    const path = join(realDirectory(), 'none')
    expect(orphanedLogPaths(path, { index: 0, count: 2 })).toEqual([])
    writeFileSync(path, '')
    expect(orphanedLogPaths(path, { index: 0, count: 1 })).toEqual([])
  })
})
