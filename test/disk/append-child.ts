import { createDiskLog } from '../../src/disk/create-disk-log.ts'
import { record } from '../support/records.ts'

// Appends numbered events of three records until it is killed, and tells which numbers are stored.
const [path = '', from = '0'] = process.argv.slice(2)
const tell = (message: unknown) => process.send?.(message)

/** By the seq of its last record. */
const numberOf = new Map<number, number>()

const log = createDiskLog(
  { path, maxBytes: 8 * 1024 * 1024, segmentBytes: 64 * 1024, syncMs: 2, syncBytes: 64 * 1024 },
  {
    onStored: (seq) => {
      const stored: number[] = []
      for (const [last, number] of numberOf) {
        if (last > seq) break
        stored.push(number)
        numberOf.delete(last)
      }
      tell({ stored })
    },
    onState: () => {},
    onUnreadable: () => {},
  },
)
try {
  const { records, tornBytes } = await log.open()
  tell({ open: true, records, tornBytes })
  let number = Number(from)
  setInterval(() => {
    for (let i = 0; i < 20; i++) {
      const event = ['a', 'b', 'a'].map((topic) => ({
        ...record(topic, null, `${number} `.padEnd(200, 'x')),
        rule: 'r',
      }))
      log.append(event)
      numberOf.set((event[2] as { seq: number }).seq, number++)
    }
  }, 1)
} catch (error) {
  tell({ open: false, message: (error as Error).message })
  process.disconnect()
}
