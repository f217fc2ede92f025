import { describe, expect, test } from 'vitest'
import type { DiskLog } from '../../src/disk/disk-log.ts'
import { encodeHeader } from '../../src/disk/segment-header.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { createLogBench, type LogBench, readAll, until } from './log-bench.ts'
import { createPretendDisk, type Operation, type PretendDisk, systemError } from './pretend-disk.ts'

const FIRST = '0000000000000001.segment'

function append(log: DiskLog, topic: string, ...values: string[]): KafkaRecord[] {
  return values.map((value) => {
    const one = { ...record(topic, null, value), rule: 'r' }
    log.append([one])
    return one
  })
}

const valuesOf = (records: readonly KafkaRecord[]) => records.map(({ value }) => value.toString())

async function opened(
  disk: PretendDisk = createPretendDisk(),
  config = {},
): Promise<LogBench & { disk: PretendDisk }> {
  const bench = createLogBench(config, disk.files())
  await bench.log.open()
  return { ...bench, disk }
}

/** Lets an operation fail until the returned function is called. */
function fail(disk: PretendDisk, which: Operation, code: string): () => void {
  disk.failing = (operation) => (operation === which ? systemError(code) : undefined)
  return () => {
    disk.failing = () => undefined
  }
}

describe('a disk that does not take what is written', () => {
  const cases: readonly [Operation, string, string, RegExp][] = [
    ['write', 'ENOSPC', 'full', /no space is left.*free some/],
    ['create', 'ENOSPC', 'full', /no space is left/],
    ['write', 'EIO', 'failing', /input\/output error.*kernel log/],
    ['create', 'EROFS', 'failing', /read-only.*mount it writable/],
    ['syncDirectory', 'EIO', 'failing', /input\/output error/],
    ['datasync', 'EIO', 'failing', /input\/output error/],
    ['datasync', 'ENOSPC', 'full', /no space is left/],
  ]
  test.each(cases)('%s fails with %s: %s, and nothing is lost', async (operation, code, name, detail) => {
    const { log, disk, states, stored } = await opened()
    append(log, 't', 'before')
    await log.flush()
    const mend = fail(disk, operation, code)
    // Enough for a new file.
    const while1 = append(log, 't', 'a'.repeat(300), 'b'.repeat(300))
    await expect(log.flush()).rejects.toThrow(detail)
    expect(log.state).toMatchObject({ name, detail: expect.stringMatching(/\/pretended.*kept in memory/) })
    expect(log.accepts).toBe(false)
    expect(stored()).toBeLessThan((while1[1] as KafkaRecord).seq)
    // It is all there to read, and more can be told to be done.
    expect(valuesOf(await readAll(log, 't'))).toEqual(['before', 'a'.repeat(300), 'b'.repeat(300)])
    log.done([while1[0] as KafkaRecord])
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(states.filter((state) => state.name === name).length).toBeLessThanOrEqual(2)
    mend()
    await until(() => log.accepts)
    expect(stored()).toBe((while1[1] as KafkaRecord).seq)
    append(log, 't', 'after')
    await log.close()
    expect(log.state).toMatchObject({ name: 'closed', detail: 'closed, and all is on disk' })
    const again = await opened(disk)
    expect(valuesOf(await readAll(again.log, 't'))).toEqual(['before', 'b'.repeat(300), 'after'])
    await again.log.close()
  })

  test('after a failed sync what was not synced goes into another file, and is there once', async () => {
    const { log, disk } = await opened()
    append(log, 't', 'before')
    await log.flush()
    const mend = fail(disk, 'datasync', 'EIO')
    append(log, 't', 'during')
    await expect(log.flush()).rejects.toThrow('sync')
    mend()
    await log.flush()
    expect(disk.names.filter((name) => name.endsWith('.segment'))).toHaveLength(2)
    disk.powerCut()
    await log.close()
    disk.powerOn(() => 1)
    const { log: next } = await opened(disk)
    expect(valuesOf(await readAll(next, 't'))).toEqual(['before', 'during'])
    await next.close()
  })

  test('copies that a failed sync left behind are not read, not counted and not brought back', async () => {
    const { log, disk } = await opened()
    append(log, 't', 'before')
    await log.flush()
    // What was written cannot be cut off again either.
    disk.failing = (operation) => (/datasync|truncate/.test(operation) ? systemError('EIO') : undefined)
    append(log, 't', 'during')
    await expect(log.flush()).rejects.toThrow('sync')
    disk.failing = () => undefined
    await log.flush()
    disk.powerCut()
    await log.close()
    disk.powerOn(() => 1)
    expect(disk.contentOf(FIRST).includes('during')).toBe(true)
    const next = createLogBench({}, disk.files())
    expect(await next.log.open()).toMatchObject({ records: 2 })
    const all = await readAll(next.log, 't')
    expect(valuesOf(all)).toEqual(['before', 'during'])
    next.log.done(all.slice(1))
    expect(valuesOf(await readAll(next.log, 't'))).toEqual(['before'])
    // Enough that the files after the first one might be deleted, and with them what is done.
    const more = append(next.log, 't', ...Array.from({ length: 10 }, () => 'x'.repeat(300)))
    await next.log.flush()
    next.log.done(more)
    await next.log.close()
    const last = createLogBench({}, disk.files())
    expect(await last.log.open()).toMatchObject({ records: 1 })
    expect(valuesOf(await readAll(last.log, 't'))).toEqual(['before'])
    await last.log.close()
  })

  test('a full disk is empty again as soon as all is done, though not even that can be written', async () => {
    const { log, disk } = await opened()
    const before = append(log, 't', 'before')
    await log.flush()
    fail(disk, 'write', 'ENOSPC')
    const during = append(log, 't', 'during')
    await expect(log.flush()).rejects.toThrow('no space')
    log.done(before)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(log.state.name).toBe('full')
    log.done(during)
    await until(() => log.accepts)
    expect([log.unsyncedBytes, disk.bytes]).toEqual([0, 0])
    const after = append(log, 't', 'after')
    await expect(log.flush()).rejects.toThrow('no space')
    disk.failing = () => undefined
    await until(() => log.accepts)
    expect(valuesOf(await readAll(log, 't'))).toEqual(['after'])
    expect((after[0] as KafkaRecord).seq).toBeGreaterThan((during[0] as KafkaRecord).seq)
    await log.close()
    const { log: next } = await opened(disk)
    expect(valuesOf(await readAll(next, 't'))).toEqual(['after'])
    await next.close()
  })

  test('a file that somebody else deleted is not missed when it was spent', async () => {
    const { log, disk } = await opened()
    const all = append(log, 't', ...Array.from({ length: 6 }, () => 'x'.repeat(300)))
    await log.flush()
    disk.failing = (operation) => (operation === 'unlink' ? systemError('ENOENT') : undefined)
    log.done(all)
    await until(() => disk.log.some((change) => change.startsWith('unlink')))
    append(log, 't', 'after')
    await log.flush()
    expect(log.state.name).toBe('ok')
    await log.close()
  })

  test('closing gives up, and says so', async () => {
    const { log, disk } = await opened()
    fail(disk, 'write', 'EIO')
    append(log, 't', 'lost')
    await log.close()
    expect(log.state).toMatchObject({
      name: 'closed',
      detail: expect.stringMatching(/bytes were not written.*EIO/),
    })
  })
})

describe('a disk that does not give what was written', () => {
  test('a read that fails rejects, and may be tried again', async () => {
    const { log, disk } = await opened()
    append(log, 't', 'x')
    await log.flush()
    const mend = fail(disk, 'read', 'EIO')
    await expect(log.read('t', 0, 10, 1000)).rejects.toThrow(/cannot read .*segment: input\/output error/)
    expect(log.state.name).toBe('failing')
    mend()
    // By itself: nobody may ever read there again.
    await until(() => log.accepts)
    expect(valuesOf(await readAll(log, 't'))).toEqual(['x'])
    await log.close()
  })

  /** Three records in a file that is followed by another. */
  async function threeInFirst(): Promise<{ disk: PretendDisk; log: DiskLog; bench: LogBench }> {
    const bench = await opened()
    append(bench.log, 't', 'one', 'two', 'three')
    await bench.log.flush()
    append(bench.log, 't', 'x'.repeat(600))
    await bench.log.flush()
    return { disk: bench.disk, log: bench.log, bench }
  }

  function spoil(disk: PretendDisk, name: string, text: string): void {
    const bytes = disk.contentOf(name)
    const at = bytes.indexOf(text)
    expect(at).toBeGreaterThan(0)
    bytes[at] = (bytes[at] as number) ^ 1
  }

  test('damage while it runs: stepped over, counted by topic, kept for the operator, rewritten', async () => {
    const { disk, log, bench } = await threeInFirst()
    spoil(disk, FIRST, 'two')
    expect(valuesOf(await readAll(log, 't'))).toEqual(['one', 'three', 'x'.repeat(600)])
    expect(bench.unreadable).toEqual([{ topic: 't', records: 1, bytes: 64 + 1 + 3 }])
    expect(log.damagedFiles).toBe(1)
    expect(disk.names).toContain(`${FIRST}.damaged`)
    await until(() => disk.log.includes(`rename ${FIRST}`))
    expect(valuesOf(await readAll(log, 't'))).toEqual(['one', 'three', 'x'.repeat(600)])
    expect(bench.unreadable).toHaveLength(1)
    await log.close()
    const again = createLogBench({}, disk.files())
    expect(await again.log.open()).toMatchObject({ records: 3, damagedFiles: [], unreadableRecords: 0 })
    await again.log.close()
  })

  test('damage found at start: told with the file and how many at most', async () => {
    const { disk, log } = await threeInFirst()
    await log.close()
    spoil(disk, FIRST, 'two')
    const { log: next, unreadable } = createLogBench({}, disk.files())
    expect(await next.open()).toMatchObject({
      records: 3,
      tornBytes: 0,
      damagedFiles: [`/pretended/${FIRST}.damaged`],
      unreadableRecords: 1,
    })
    expect(next.damagedFiles).toBe(1)
    expect(valuesOf(await readAll(next, 't'))).toEqual(['one', 'three', 'x'.repeat(600)])
    expect(unreadable).toEqual([])
    await next.close()
    // Rewritten meanwhile: not told again.
    const last = createLogBench({}, disk.files())
    expect(await last.log.open()).toMatchObject({ records: 3, damagedFiles: [], unreadableRecords: 0 })
    await last.log.close()
  })

  test('what was done and cannot be read is not missed', async () => {
    const { disk, log } = await threeInFirst()
    log.done((await readAll(log, 't')).slice(1, 2))
    await log.close()
    spoil(disk, FIRST, 'two')
    const next = createLogBench({}, disk.files())
    expect(await next.log.open()).toMatchObject({ records: 3, unreadableRecords: 0 })
    await next.log.close()
  })

  test('a hole before the end is what was not synced yet: no damage, now and later', async () => {
    const { disk, log } = await opened()
    append(log, 't', 'one', 'two', 'three')
    await log.flush()
    disk.powerCut()
    await log.close()
    disk.powerOn(() => 1)
    spoil(disk, FIRST, 'two')
    const next = createLogBench({}, disk.files())
    const recovery = await next.log.open()
    expect(recovery).toMatchObject({ records: 2, damagedFiles: [], unreadableRecords: 0 })
    expect(recovery.tornBytes).toBeGreaterThan(0)
    append(next.log, 't', 'four')
    await next.log.flush()
    // It is another file's turn now; the one with the hole must not look damaged.
    disk.powerCut()
    await next.log.close()
    disk.powerOn(() => 1)
    const last = createLogBench({}, disk.files())
    expect(await last.log.open()).toMatchObject({ records: 3, tornBytes: 0, damagedFiles: [] })
    expect(valuesOf(await readAll(last.log, 't'))).toEqual(['one', 'three', 'four'])
    await last.log.close()
  })

  test('a hole in what was synced is damage, in the only file too: counted, and a copy is kept', async () => {
    const { disk, log } = await opened()
    append(log, 't', 'one', 'two', 'three')
    await log.close()
    spoil(disk, FIRST, 'two')
    const next = createLogBench({}, disk.files())
    expect(await next.log.open()).toMatchObject({
      records: 2,
      damagedFiles: [`/pretended/${FIRST}.damaged`],
      unreadableRecords: 1,
    })
    expect(valuesOf(await readAll(next.log, 't'))).toEqual(['one', 'three'])
    expect(next.log.damagedFiles).toBe(1)
    await next.log.close()
  })

  test('a header of which one copy is destroyed costs nothing', async () => {
    for (const at of [3, 10, 12, 20, 50, 60]) {
      const { disk, log } = await opened()
      append(log, 't', 'one', 'two')
      await log.close()
      const bytes = disk.contentOf(FIRST)
      bytes.writeUInt8((bytes[at] as number) ^ 4, at)
      const next = createLogBench({}, disk.files())
      expect(await next.log.open()).toMatchObject({ records: 2, damagedFiles: [], unreadableRecords: 0 })
      await next.log.close()
    }
  })

  test('a number of which anything is left is not given again', async () => {
    const { disk, log } = await opened()
    const [one, two] = append(log, 't', 'one', 'two') as [KafkaRecord, KafkaRecord]
    log.done([two])
    await log.close()
    // The record is lost, and that it is done is not.
    spoil(disk, FIRST, 'two')
    const { log: next } = await opened(disk)
    const [three] = append(next, 't', 'three') as [KafkaRecord]
    expect(three.seq).toBeGreaterThan(two.seq)
    expect((await readAll(next, 't')).map(({ seq }) => seq)).toEqual([one.seq, three.seq])
    await next.close()
  })

  test('a torn end is cut off', async () => {
    const { disk, log } = await threeInFirst()
    await log.close()
    const last = disk.names.filter((name) => name.endsWith('.segment')).at(-1) as string
    const bytes = disk.contentOf(last)
    disk.put(last, Buffer.from(bytes.subarray(0, bytes.length - 5)))
    const next = createLogBench({}, disk.files())
    const recovery = await next.log.open()
    expect(recovery).toMatchObject({ records: 3, damagedFiles: [], unreadableRecords: 0 })
    expect(recovery.tornBytes).toBeGreaterThan(600)
    append(next.log, 't', 'more')
    await next.log.close()
    const { log: again } = await opened(disk)
    expect(valuesOf(await readAll(again, 't'))).toEqual(['one', 'two', 'three', 'more'])
    await again.close()
  })
})

describe('a directory that cannot be used', () => {
  const header = encodeHeader({ logId: 257, firstSeq: 1, compacted: false, coversSeq: 0, records: 0 })
  const newer = Buffer.from(header)
  newer.writeUInt16LE(2, 8)
  newer.writeUInt16LE(2, 8 + newer.length / 2)

  test.each([
    [
      'another file',
      Buffer.from('<html> no segment, but long enough to be one </html>'),
      /no file of this queue.*move it/,
    ],
    ['a newer version', newer, /of version 2.*knows version 1.*start the version/],
  ])('%s: refused, and left as it is', async (_, bytes, message) => {
    const disk = createPretendDisk()
    const { log } = await opened(disk)
    append(log, 't', 'x')
    await log.close()
    disk.put('0000000000000900.segment', bytes)
    disk.put('0000000000000001.segment.tmp', Buffer.from('half-made'))
    const before = disk.names
    const refused = createLogBench({}, disk.files())
    await expect(refused.log.open()).rejects.toMatchObject({
      name: 'DiskError',
      message: expect.stringMatching(message),
    })
    expect(refused.log.state.name).toBe('unusable')
    expect(disk.names).toEqual(before)
    await refused.log.close()
    // The operator moves it away.
    disk.failing = () => undefined
    await disk.files().unlink('0000000000000900.segment')
    expect(await refused.log.open()).toMatchObject({ records: 1 })
    expect(disk.names).not.toContain('0000000000000001.segment.tmp')
    await refused.log.close()
  })

  test.each<[Operation, string, RegExp]>([
    ['makeDirectory', 'EACCES', /cannot create \/pretended: permission denied.*right to/],
    ['makeDirectory', 'EROFS', /read-only/],
    ['makeDirectory', 'EEXIST', /it is a file.*give the path of a directory/],
    ['list', 'EIO', /input\/output error/],
    ['open', 'EACCES', /cannot read \/pretended\/0000000000000001.segment: permission denied/],
    ['read', 'EIO', /cannot read \/pretended\/0000000000000001.segment/],
  ])('%s fails with %s', async (operation, code, message) => {
    const disk = createPretendDisk()
    const { log } = await opened(disk)
    append(log, 't', 'x')
    await log.close()
    const mend = fail(disk, operation, code)
    const { log: next, states } = createLogBench({}, disk.files())
    await expect(next.open()).rejects.toThrow(message)
    expect(next.accepts).toBe(false)
    mend()
    expect(await next.open()).toMatchObject({ records: 1 })
    expect(states.map(({ name }) => name)).toEqual(['unusable', 'ok'])
    await next.close()
  })

  test('files of others are left alone', async () => {
    const disk = createPretendDisk()
    disk.put('lost+found', Buffer.from(''))
    disk.put('notes.txt', Buffer.from('mine'))
    const { log } = await opened(disk)
    await log.close()
    expect(disk.names).toEqual(expect.arrayContaining(['lost+found', 'notes.txt']))
  })
})
