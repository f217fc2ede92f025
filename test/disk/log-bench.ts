import { createDiskLog } from '../../src/disk/create-disk-log.ts'
import type { DiskFiles } from '../../src/disk/disk-files.ts'
import type { DiskLog, DiskLogConfig, DiskState } from '../../src/disk/disk-log.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'

/** A log, and all that it told. */
export interface LogBench {
  readonly log: DiskLog
  readonly states: DiskState[]
  readonly stored: () => number
  readonly unreadable: { topic: string; records: number; bytes: number }[]
}

export const TINY: DiskLogConfig = {
  path: '/pretended',
  maxBytes: 12 * 1024,
  segmentBytes: 512,
  syncMs: 1,
  syncBytes: 512,
  retryMs: 5,
}

export function createLogBench(config: Partial<DiskLogConfig>, files?: DiskFiles): LogBench {
  let stored = 0
  const states: DiskState[] = []
  const unreadable: { topic: string; records: number; bytes: number }[] = []
  const log = createDiskLog(
    { ...TINY, ...config },
    {
      onStored: (seq) => {
        stored = seq
      },
      onState: (state) => states.push(state),
      onUnreadable: (topic, records, bytes) => unreadable.push({ topic, records, bytes }),
    },
    files,
  )
  return { log, states, stored: () => stored, unreadable }
}

/** All records of a topic, read in portions. */
export async function readAll(
  log: DiskLog,
  topic: string,
  { afterSeq = 0, maxRecords = 1_000, maxBytes = 1_000_000 } = {},
): Promise<KafkaRecord[]> {
  const all: KafkaRecord[] = []
  for (;;) {
    const more = await log.read(topic, all.at(-1)?.seq ?? afterSeq, maxRecords, maxBytes)
    if (more.length === 0) return all
    all.push(...more)
  }
}

/** Until `isSo`; the test's own time limit is the only one. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
}
