import { createDiskLog } from '../../src/disk/create-disk-log.ts'
import { record } from '../support/records.ts'

// Appends a million records of 400 bytes, opens the log anew, reads all back in order, and tells what memory grew by.
const [path = ''] = process.argv.slice(2)
const RECORDS = 1_000_000
const TOPICS = ['first', 'second', 'third']
const value = Buffer.alloc(400 - 64 - 8, 'v')

const create = () =>
  createDiskLog(
    { path, maxBytes: 1024 ** 3, syncMs: 5, syncBytes: 1024 * 1024 },
    { onStored: () => {}, onState: () => {}, onUnreadable: () => {} },
  )

function memory(): { rss: number; heap: number } {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}

async function append(log: ReturnType<typeof create>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const one = record(TOPICS[i % 3] as string, null, value)
    value.writeUInt32LE(i)
    log.append([one])
    if (log.unsyncedBytes > 4 * 1024 * 1024) await log.flush()
  }
  await log.flush()
}

const log = create()
await log.open()
// Buffers and compiled code are there before it is measured.
await append(log, 30_000)
const warm = await log.read('first', 0, 10_000, 1e9)
for (const topic of TOPICS) {
  for (let after = 0; ; ) {
    const some = await log.read(topic, after, 1_000, 1e9)
    if (some.length === 0) break
    after = some.at(-1)?.seq ?? after
    log.done(some)
  }
}
warm.length
const before = memory()
await append(log, RECORDS)
const after = memory()
const fileBytes = log.fileBytes
await log.close()
const again = create()
const { records } = await again.open()
let read = 0
for (const topic of TOPICS) {
  for (let last = 0; ; ) {
    const some = await again.read(topic, last, 1_000, 1024 * 1024)
    if (some.length === 0) break
    for (const { seq, value: bytes } of some) {
      // Appended one after the other, so that number and seq go together.
      if (seq <= last || bytes.readUInt32LE() !== seq - 30_001)
        throw new Error(`${seq} out of order in ${topic}`)
      last = seq
    }
    read += some.length
  }
}
const end = memory()
await again.close()
process.send?.({
  records,
  read,
  fileBytes,
  rssGrowth: Math.max(after.rss, end.rss) - before.rss,
  heapGrowth: Math.max(after.heap, end.heap) - before.heap,
})
process.disconnect()
