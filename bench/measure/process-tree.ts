import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's CPU time in hundredths of a second (`getconf CLK_TCK`). */
const MICROSECONDS_PER_TICK = 10_000

/** One process, as `/proc/<pid>/stat` tells of it. */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** User and system CPU time, in µs: its own, all threads, and that of its children which have ended. */
  readonly cpuMicroseconds: number
}

/** Reads the line of `/proc/<pid>/stat`; proc(5) numbers the fields from 1. */
export function parseStat(line: string): ProcessStat {
  // The second field is the program's name in parentheses, which may hold spaces and parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    cpuMicroseconds: (field(14) + field(15) + field(16) + field(17)) * MICROSECONDS_PER_TICK,
  }
}

/** A process and all that came of it and still runs. */
export function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const tree = all.filter(({ pid }) => pid === root)
  for (let i = 0; i < tree.length; i++)
    tree.push(...all.filter(({ parent, pid }) => parent === tree[i]?.pid && pid !== root))
  return tree
}

/** CPU time of a process and its children so far, in µs, in steps of 10 ms. */
export const treeCpuMicroseconds = (root: number): number =>
  treeOf(root, allProcesses()).reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0)

/** Resident memory of a process and its children, in MB. */
export interface TreeMemory {
  readonly now: number
  /** The sum of what each of them held at its largest, ever. */
  readonly peak: number
}

export function treeMemory(root: number): TreeMemory {
  const all = treeOf(root, allProcesses()).map(({ pid }) => textOf(`/proc/${pid}/status`))
  const sum = (name: string) => all.reduce((total, status) => total + kilobytes(status, name), 0) / 1000
  return { now: sum('VmRSS'), peak: sum('VmHWM') }
}

const kilobytes = (status: string, name: string): number =>
  Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1] ?? 0) * 1.024

const allProcesses = (): ProcessStat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => textOf(`/proc/${pid}/stat`))
    .filter((line) => line !== '')
    .map(parseStat)

/** Empty when the process has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
