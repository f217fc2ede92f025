import { describe, expect, test } from 'vitest'
import type { DiskLog } from '../../src/disk/disk-log.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { createLogBench, type LogBench, readAll, until } from './log-bench.ts'
import { createPretendDisk, type PretendDisk } from './pretend-disk.ts'
import { randomOf } from './random.ts'

const seqs = (records: readonly KafkaRecord[]) => records.map(({ seq }) => seq)

/** Enough files of which most is spent, so that several are rewritten as one as soon as `waste` is done. */
async function wasteful(
  disk: PretendDisk,
): Promise<LogBench & { stuck: KafkaRecord[]; waste: KafkaRecord[] }> {
  const bench = createLogBench({}, disk.files())
  await bench.log.open()
  const stuck: KafkaRecord[] = []
  const waste: KafkaRecord[] = []
  for (let i = 0; i < 20; i++) {
    const one = { ...record('stuck', null, String(i)), rule: 'r' }
    const other = { ...record('waste', null, 'x'.repeat(300)), rule: 'r' }
    bench.log.append([one, other])
    stuck.push(one)
    waste.push(other)
    await bench.log.flush()
  }
  return { ...bench, stuck, waste }
}

const isRename = (change: string) => change.startsWith('rename')

async function reopened(log: DiskLog, disk: PretendDisk): Promise<LogBench> {
  await log.close()
  const bench = createLogBench({}, disk.files())
  await bench.log.open()
  return bench
}

describe('rewriting', () => {
  test('several files become one, and what is live is still there', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    const before = log.fileBytes
    log.done(waste)
    await until(() => log.fileBytes < 0.7 * before && disk.bytes === log.fileBytes)
    const unlinked = disk.log.filter((change) => change.startsWith('unlink')).length
    expect(unlinked).toBeGreaterThan(disk.log.filter(isRename).length)
    expect(await readAll(log, 'stuck')).toEqual(stuck)
    expect(await readAll(log, 'waste')).toEqual([])
    const { log: next } = await reopened(log, disk)
    expect(await readAll(next, 'stuck')).toEqual(stuck)
    await next.close()
  })

  test('the power is cut at each step of it', async () => {
    for (let cut = 1; cut < 40; cut++) {
      const disk = createPretendDisk()
      const { log, stuck, waste } = await wasteful(disk)
      log.done(waste)
      // What is done is synced with it.
      const last = { ...record('stuck', null, 'last'), rule: 'r' }
      log.append([last])
      disk.cutAt(cut)
      const isKept = await log.flush().then(
        () => !disk.isCut,
        () => false,
      )
      await new Promise((resolve) => setTimeout(resolve, 5))
      disk.powerCut()
      await log.close()
      disk.powerOn(randomOf(cut * 7))
      const next = createLogBench({}, disk.files())
      expect(await next.log.open()).toMatchObject({ damagedFiles: [], unreadableRecords: 0 })
      expect((await readAll(next.log, 'stuck')).slice(0, 20)).toEqual(stuck)
      if (isKept) expect(await readAll(next.log, 'waste')).toEqual([])
      // What another file has taken the place of is gone for good.
      await until(() => next.log.fileBytes === disk.bytes)
      await next.log.close()
    }
  })

  test('files whose place was taken already, but that are still there, are removed unread', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    const old = new Map(disk.names.map((name) => [name, Buffer.from(disk.contentOf(name))]))
    log.done(waste)
    await until(() => disk.log.some((change) => change.startsWith('unlink')))
    await log.close()
    const removed = disk.log.filter((change) => change.startsWith('unlink')).map((change) => change.slice(7))
    const back = removed.filter((name) => old.has(name))
    expect(back.length).toBeGreaterThan(1)
    for (const name of back) disk.put(name, old.get(name) as Buffer)
    const { log: next } = await reopened(log, disk)
    for (const name of back) expect(disk.names).not.toContain(name)
    expect(await readAll(next, 'stuck')).toEqual(stuck)
    expect(await readAll(next, 'waste')).toEqual([])
    await next.close()
  })

  test('what is done while its file is rewritten is done', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    let told = 0
    disk.failing = (operation) => {
      // The copy is complete, and its place not taken yet.
      if (operation === 'rename' && told === 0) {
        told = 10
        log.done(stuck.slice(0, told))
      }
      return undefined
    }
    log.done(waste)
    await until(() => disk.log.some(isRename))
    expect(seqs(await readAll(log, 'stuck'))).toEqual(seqs(stuck.slice(told)))
    const { log: next } = await reopened(log, disk)
    expect(seqs(await readAll(next, 'stuck'))).toEqual(seqs(stuck.slice(told)))
    await next.close()
  })

  test('a reader goes on where it was', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    const some = [...(await log.read('stuck', 0, 3, 1e6))]
    log.done(waste)
    await until(() => disk.log.some(isRename))
    while (some.length < stuck.length) some.push(...(await log.read('stuck', some.at(-1)?.seq ?? 0, 3, 1e6)))
    expect(seqs(some)).toEqual(seqs(stuck))
    await log.close()
  })

  test('a failure leaves all as it was, and is told and tried again', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    disk.failing = (operation) =>
      operation === 'rename' ? Object.assign(new Error('no'), { code: 'EIO' }) : undefined
    log.done(waste)
    await until(() => log.state.name === 'failing')
    expect(log.state.detail).toMatch(/cannot make room in \/pretended: input\/output error/)
    expect(await readAll(log, 'stuck')).toEqual(stuck)
    // Between two tries nothing of one is left.
    await until(() => !disk.names.some((name) => name.endsWith('.tmp')))
    disk.failing = () => undefined
    await until(() => log.accepts && disk.log.some(isRename))
    expect(await readAll(log, 'stuck')).toEqual(stuck)
    await log.close()
  })
})

describe('deleting', () => {
  test('one file after the other: each is gone for good before the next', async () => {
    const disk = createPretendDisk()
    const { log, stuck, waste } = await wasteful(disk)
    log.done(waste)
    log.done(stuck)
    await until(() => disk.names.filter((name) => name.endsWith('.segment')).length === 1)
    const unlinks = disk.log.flatMap((change, i) => (change.startsWith('unlink') ? [i] : []))
    expect(unlinks.length).toBeGreaterThan(5)
    for (const i of unlinks) {
      // Others write meanwhile.
      const next = disk.log.slice(i + 1).find((change) => /^(unlink|syncDirectory)/.test(change))
      expect(next).toMatch(/^syncDirectory/)
    }
    // Numbers go on where they were, though nothing is left of them.
    const { log: next } = await reopened(log, disk)
    const more = { ...record('t', null, 'more'), rule: 'r' }
    next.append([more])
    expect(more.seq).toBeGreaterThan((waste.at(-1) as KafkaRecord).seq)
    await next.close()
  })
})
