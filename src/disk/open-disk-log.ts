import type { Logger } from 'pino'
import type { DiskConfig } from '../config/config.ts'
import { createAdoptedLog } from './adopted-log.ts'
import { createDiskLog } from './create-disk-log.ts'
import type { DiskLog, DiskLogDeps } from './disk-log.ts'
import { withAdopted } from './with-adopted.ts'
import { orphanedLogPaths, ownLogPath, type Share } from './worker-logs.ts'

export interface OpenDiskLogDeps extends DiskLogDeps {
  readonly log: Logger
}

/** The log of a process, and before it those of processes that there are no more; null: none is wanted. */
export function openDiskLog(
  { path, ...config }: DiskConfig,
  share: Share,
  { log, ...deps }: OpenDiskLogDeps,
): DiskLog | null {
  if (path === null) return null
  const own = createDiskLog({ ...config, path: ownLogPath(path, share) }, deps)
  const adopted = orphanedLogPaths(path, share).map((orphan) =>
    createAdoptedLog({
      ...{ path: orphan, log, onUnreadable: deps.onUnreadable },
      create: (its) => createDiskLog({ ...config, path: orphan }, its),
    }),
  )
  return withAdopted(own, adopted)
}
