import { describe, expect, test } from 'vitest'
import type { DiskLog } from '../../src/disk/disk-log.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { createLogBench, readAll, TINY } from './log-bench.ts'
import { createPretendDisk, type PretendDisk, type Random } from './pretend-disk.ts'
import { randomOf } from './random.ts'

const TOPICS = ['stuck', 'quick']

/** What was done, and what must be remembered of it. */
interface Story {
  readonly appended: Map<number, KafkaRecord>
  readonly told: Set<number>
  readonly kept: Set<number>
}

/**
 * Always the same: the topic `stuck` keeps a record in nearly every file while everything else is done, the files are
 * rolled, deleted, rewritten one by one and several as one, and what is done in old files is remembered in new ones.
 */
async function tell({ appended, told, kept }: Story, log: DiskLog, disk: PretendDisk): Promise<void> {
  const stuck: KafkaRecord[] = []
  const append = (topic: string, bytes: number, count = 1): KafkaRecord[] => {
    const event = Array.from({ length: count }, () => ({
      ...record(topic, 'k', 'x'.repeat(bytes)),
      rule: 'r',
    }))
    log.append(event)
    for (const one of event) appended.set(one.seq, one)
    return event
  }
  const done = (records: readonly KafkaRecord[]) => {
    log.done(records)
    for (const { seq } of records) told.add(seq)
  }
  for (let round = 0; round < 14; round++) {
    const before = [...told]
    const quick = [append('quick', 100), append('quick', 60, 2), append('quick', 120)].flat()
    stuck.push(...append('stuck', 10, 2))
    await log.flush()
    if (!disk.isCut) for (const seq of before) kept.add(seq)
    done(quick)
    if (round % 3 === 1) done(stuck.splice(0, 1))
    if (round === 9) done(stuck.splice(2, 9))
  }
  await log.close()
  if (!disk.isCut) for (const seq of told) kept.add(seq)
}

/** Tells the story until the power is cut, and looks at what is left. */
async function tellUntil(cut: number, random: Random): Promise<PretendDisk> {
  const disk = createPretendDisk()
  const story: Story = { appended: new Map(), told: new Set(), kept: new Set() }
  const bench = createLogBench({}, disk.files())
  await bench.log.open()
  disk.cutAt(cut)
  await tell(story, bench.log, disk).catch(() => {})
  const isCut = disk.isCut
  await bench.log.close()
  disk.powerCut()
  disk.powerOn(random)
  if (isCut) {
    // Once more, in the middle of opening it.
    const attempt = createLogBench({}, disk.files())
    disk.cutAt(1 + (cut % 5))
    await attempt.log.open().catch(() => {})
    disk.powerCut()
    await attempt.log.close()
    disk.powerOn(random)
  }
  const after = createLogBench({}, disk.files())
  const recovery = await after.log.open()
  expect(recovery).toMatchObject({ damagedFiles: [], unreadableRecords: 0 })
  const found = (await Promise.all(TOPICS.map((topic) => readAll(after.log, topic)))).flat()
  for (const one of found) {
    expect(one).toEqual(story.appended.get(one.seq))
    expect(story.kept.has(one.seq), `cut ${cut}: ${one.seq} was done`).toBe(false)
  }
  const seqs = new Set(found.map(({ seq }) => seq))
  for (const seq of story.appended.keys()) {
    if (seq > bench.stored() || story.told.has(seq)) continue
    expect(seqs.has(seq), `cut ${cut}: ${seq} was stored`).toBe(true)
  }
  await after.log.close()
  return disk
}

/** The changes are shared out among so many tests: they are about a thousand, and each is tried three times. */
const PARTS = 5

describe('the power is cut', () => {
  test('in a story that has all that it is about', async () => {
    const whole = await tellUntil(Number.POSITIVE_INFINITY, () => 1)
    expect(whole.peakBytes).toBeLessThan(TINY.maxBytes)
    const done = (await tellAll()).log.join(' ')
    for (const part of ['rename', 'unlink', 'create', 'syncDirectory']) expect(done).toContain(part)
  })

  test.each(Array.from({ length: PARTS }, (_, part) => part + 1))(
    `before each change of the disk in turn: every ${PARTS}th, from the %ith on`,
    async (first) => {
      const { changes } = await tellAll()
      expect(changes).toBeGreaterThan(PARTS)
      for (let cut = first; cut <= changes; cut += PARTS) {
        for (let seed = 1; seed <= 3; seed++) await tellUntil(cut, randomOf(cut * 31 + seed))
      }
    },
  )
})

/** The story without a cut. */
async function tellAll(): Promise<PretendDisk> {
  const disk = createPretendDisk()
  const log = createLogBench({}, disk.files()).log
  await log.open()
  await tell({ appended: new Map(), told: new Set(), kept: new Set() }, log, disk)
  return disk
}
