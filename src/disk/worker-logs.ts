import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { segmentNames } from './segment-names.ts'

/** Which of the processes that share a configuration this is, from 0, and how many there are. */
export interface Share {
  readonly index: number
  readonly count: number
}

const WORKER = /^worker-(0|[1-9]\d{0,3})$/

/** The directory of a process's log below `queue.disk.path`: the path itself where there is one process alone. */
export const ownLogPath = (path: string, { index, count }: Share): string =>
  count === 1 ? path : join(path, `worker-${index}`)

/**
 * The directories of logs that no process of these writes to, since there were others before, and that are this one's
 * to empty: each is one process's. In the order in which they are to be sent.
 */
export function orphanedLogPaths(path: string, { index, count }: Share): readonly string[] {
  const names = namesIn(path)
  const orphans = names
    .flatMap((name) => WORKER.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => (count === 1 || number >= count) && number % count === index)
    .sort((a, b) => a - b)
  const single = count > 1 && index === 0 && segmentNames(names).length > 0
  return [...(single ? [path] : []), ...orphans.map((number) => join(path, `worker-${number}`))]
}

/** None where the directory cannot be read: what is wrong with it is for the own log to say. */
function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
