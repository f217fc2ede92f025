import { DiskError } from './disk-log.ts'

/** What the system's error codes mean for the operator, and what mends them. */
const KNOWN: Readonly<Record<string, readonly [cause: string, fix: string]>> = {
  ENOSPC: ['no space is left on the disk', 'free some, or give the queue a larger volume'],
  EDQUOT: ['the disk quota is used up', 'free some space, or raise the quota'],
  EROFS: ['the file system is read-only', 'mount it writable, or look at why the kernel made it read-only'],
  EACCES: ['permission denied', 'give this user the right to read and write there'],
  EPERM: ['not permitted', 'give this user the right to read and write there'],
  ENOTDIR: ['a part of the path is a file', 'give the path of a directory'],
  EEXIST: ['it is a file', 'give the path of a directory'],
  EIO: ['input/output error', 'look at the kernel log and replace the disk'],
  EMFILE: ['too many open files', 'raise the limit of open files (ulimit -n)'],
  ENOENT: ['it is not there', 'put it back, or restart: the log reads anew what is there'],
}

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** Whether the disk is just full, in contrast to broken. */
export const isNoSpace = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error))

/** One sentence for the operator: what could not be done, where, why, and what mends it. */
export function failureText(action: string, path: string, error: unknown): string {
  const code = codeOf(error)
  const known = KNOWN[code]
  if (known !== undefined) return `cannot ${action} ${path}: ${known[0]} (${code}): ${known[1]}`
  const cause = error instanceof Error ? error.message : String(error)
  return `cannot ${action} ${path}: ${cause}: look at the kernel log and at the disk`
}

/** The same as an error; one that is a DiskError already stays as it is. */
export const asDiskError = (action: string, path: string, error: unknown): DiskError =>
  error instanceof DiskError ? error : new DiskError(failureText(action, path, error), { cause: error })
