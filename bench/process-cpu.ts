import { readFileSync } from 'node:fs'

/** Linux counts a process's CPU time in hundredths of a second (`getconf CLK_TCK`). */
const MICROSECONDS_PER_TICK = 10_000

/** User and system CPU time a process has used so far, in µs; all its threads, not its children. */
export function processCpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}
