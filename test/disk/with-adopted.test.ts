import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAdoptedLog } from '../../src/disk/adopted-log.ts'
import { createDiskLog } from '../../src/disk/create-disk-log.ts'
import type { DiskLog } from '../../src/disk/disk-log.ts'
import { withAdopted } from '../../src/disk/with-adopted.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'
import { realDirectory } from './children.ts'
import { createLogBench, readAll, until } from './log-bench.ts'

const CONFIG = { maxBytes: 64 * 1024 * 1024, syncMs: 1, syncBytes: 4096 }
const ALL = Number.NEGATIVE_INFINITY
const textOf = ({ value }: KafkaRecord) => value.toString()

/** A log left by somebody with these records of the topics `a` and `b`. */
async function leave(path: string, records: readonly KafkaRecord[]): Promise<void> {
  const { log } = createLogBench({ ...CONFIG, path })
  await log.open()
  for (const one of records) log.append([one])
  await log.close()
}

function adopting(path: string, orphans: readonly string[]) {
  const { log, lines } = createLogRecorder()
  const own = createLogBench({ ...CONFIG, path })
  const adopted = orphans.map((orphan) =>
    createAdoptedLog({
      ...{ path: orphan, log, onUnreadable: () => {} },
      create: (deps) => createDiskLog({ ...CONFIG, path: orphan }, deps),
    }),
  )
  return { disk: withAdopted(own.log, adopted), lines }
}

const readFrom = (disk: DiskLog, topic: string, maxRecords = 7) =>
  readAll(disk, topic, { afterSeq: ALL, maxRecords })

describe('a log that adopts others', () => {
  it('gives the records of all, in order, those of the adopted first, until each is done; across restarts', async () => {
    const records = fc.array(fc.constantFrom('a', 'b'), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(records, { minLength: 1, maxLength: 3 }),
        records,
        fc.nat(),
        async (orphans, mine, some) => {
          const root = realDirectory()
          let number = 0
          const made = (topics: readonly string[]) =>
            topics.map((topic) => record(topic, 'k', String(number++)))
          const paths = orphans.map((_, i) => join(root, `worker-${i + 1}`))
          const all: KafkaRecord[] = []
          for (const [i, topics] of [...orphans, mine].entries()) {
            const its = made(topics)
            all.push(...its)
            await leave(paths[i] ?? join(root, 'own'), its)
          }
          const texts = (topic: string) => all.filter((one) => one.topic === topic).map(textOf)

          const first = adopting(join(root, 'own'), paths).disk
          const recovery = await first.open()
          expect(recovery.records).toBe(all.length)
          const a = await readFrom(first, 'a')
          expect(a.map(textOf)).toEqual(texts('a'))
          expect((await readFrom(first, 'b')).map(textOf)).toEqual(texts('b'))
          expect(a.map(({ seq }) => seq)).toEqual(a.map(({ seq }) => seq).toSorted((x, y) => x - y))
          const fresh = record('a', 'k', 'new')
          first.append([fresh])
          const done = a.slice(0, some % (a.length + 1))
          first.done(done)
          await first.close()

          const second = adopting(join(root, 'own'), paths.filter(existsSync)).disk
          await second.open()
          const left = await readFrom(second, 'a')
          expect(left.map(textOf)).toEqual([...texts('a').slice(done.length), 'new'])
          second.done(left)
          second.done(await readFrom(second, 'b'))
          await until(() => !paths.some(existsSync))
          expect(await readFrom(second, 'a')).toEqual([])
          await second.close()
          expect(readdirSync(root)).toEqual(['own'])
        },
      ),
      { numRuns: 15 },
    )
  })

  it('goes without one that somebody has, says so, and leaves it as it is', async () => {
    const root = realDirectory()
    const orphan = join(root, 'worker-1')
    mkdirSync(orphan)
    const holder = createLogBench({ ...CONFIG, path: orphan }).log
    await holder.open()
    holder.append([record('a', 'k', 'theirs')])
    const { disk, lines } = adopting(join(root, 'own'), [orphan])
    expect((await disk.open()).records).toBe(0)
    expect(lines.find(({ level }) => level === 50)).toMatchObject({
      path: orphan,
      error: expect.stringContaining(`process ${process.pid}`),
    })
    expect(await readFrom(disk, 'a')).toEqual([])
    await disk.close()
    expect((await readFrom(holder, 'a')).map(textOf)).toEqual(['theirs'])
    await holder.close()
  })
})
