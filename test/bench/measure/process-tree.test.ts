import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { parseStat, treeCpuMicroseconds, treeMemory, treeOf } from '../../../bench/measure/process-tree.ts'
import { guardChild } from '../../support/child-guard.ts'

it('reads a line of /proc whose program has a strange name', () => {
  const line = '42 (a) S 1 ) R 7 42 42 0 -1 4194304 100 0 0 0 11 12 13 14 20 0 1 0 100 0 0'
  expect(parseStat(line)).toEqual({ pid: 42, parent: 7, cpuMicroseconds: 500_000 })
})

it('takes children and their children, and nobody else', () => {
  const stat = (pid: number, parent: number) => ({ pid, parent, cpuMicroseconds: 0 })
  const all = [stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1), stat(5, 3)]
  expect(treeOf(2, all).map(({ pid }) => pid)).toEqual([2, 3, 5])
  expect(treeOf(9, all)).toEqual([])
})

it('counts what a child of a process has used, while it runs and when it has ended', async () => {
  // The shell waits for its child, which burns 0.3 s of CPU, and then for us.
  const burn = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);'
  const shell = spawn('/bin/sh', ['-c', `"$0" -e "$1"; echo done; read _`, process.execPath, burn], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  guardChild(shell)
  const pid = shell.pid ?? 0
  await once(shell.stdout, 'data')
  const ended = treeCpuMicroseconds(pid)
  expect(ended).toBeGreaterThanOrEqual(290_000)
  const { now, peak } = treeMemory(pid)
  expect(now).toBeGreaterThan(0)
  expect(peak).toBeGreaterThanOrEqual(now)
  shell.stdin.end('\n')
  await once(shell, 'exit')
  expect(treeCpuMicroseconds(pid)).toBe(0)
})
