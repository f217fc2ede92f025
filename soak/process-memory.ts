import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Memory that a process has in RAM, in bytes, as Linux tells it. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** Bytes of all files of a folder, as long as they are; 0 when there is none. */
export function folderBytes(folder: string): number {
  let sum = 0
  try {
    for (const name of readdirSync(folder)) sum += statSync(join(folder, name)).size
  } catch {
    // not there, or a file went in between
  }
  return sum
}
