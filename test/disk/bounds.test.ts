import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { nextMessage, realDirectory, start } from './children.ts'
import { createLogBench, readAll, until } from './log-bench.ts'

const MIB = 1024 * 1024

function bytesOnDisk(path: string): number {
  let bytes = 0
  for (const name of readdirSync(path)) {
    // Files come and go between the two calls.
    bytes += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

describe('what it takes', () => {
  test('one stuck topic does not pin the disk, and the files stay within what is allowed', async () => {
    const path = realDirectory()
    const maxBytes = 8 * MIB
    const { log } = createLogBench({ path, maxBytes, segmentBytes: 256 * 1024, syncBytes: 64 * 1024 })
    await log.open()
    const stuck: KafkaRecord[] = []
    let moving: KafkaRecord[] = []
    let peak = 0
    let passed = 0
    const value = Buffer.alloc(300, 'v')
    // Up to half of what is allowed is stuck, scattered over all files; five times of it passes by.
    while (passed < 5 * maxBytes) {
      const batch = Array.from({ length: 200 }, (_, i) => ({
        ...record(i % 10 === 0 ? 'stuck' : 'moving', null, value),
        rule: 'r',
      }))
      for (const one of batch) log.append([one])
      for (const one of batch) {
        passed += one.bytes
        if (one.topic === 'stuck') stuck.push(one)
        else moving.push(one)
      }
      if (stuck.length * 374 > maxBytes / 2) log.done(stuck.splice(0, 20))
      await log.flush()
      if (moving.length > 4_000) {
        log.done(moving)
        moving = []
      }
      peak = Math.max(peak, log.fileBytes, bytesOnDisk(path))
    }
    expect(peak).toBeLessThanOrEqual(maxBytes)
    const wanted = [stuck.map(({ seq }) => seq), moving.map(({ seq }) => seq)]
    const found = async (from: typeof log) => [
      (await readAll(from, 'stuck')).map(({ seq }) => seq),
      (await readAll(from, 'moving')).map(({ seq }) => seq),
    ]
    expect(await found(log)).toEqual(wanted)
    await log.close()
    const again = createLogBench({ path, maxBytes })
    await again.log.open()
    expect(await found(again.log)).toEqual(wanted)
    await again.log.close()
  })

  test('many restarts do not leave many files', async () => {
    const path = realDirectory()
    const all: KafkaRecord[] = []
    const config = { path, maxBytes: MIB, segmentBytes: 128 * 1024 }
    for (let life = 0; life < 60; life++) {
      const { log } = createLogBench(config)
      await log.open()
      const one = { ...record('t', null, String(life)), rule: 'r' }
      log.append([one])
      all.push(one)
      await log.close()
    }
    const { log } = createLogBench(config)
    await log.open()
    expect(await readAll(log, 't')).toEqual(all)
    await until(() => readdirSync(path).length < 10)
    expect(await readAll(log, 't')).toEqual(all)
    await log.close()
  })

  test('a million records wait in memory that does not grow', async () => {
    const path = realDirectory()
    const child = start(
      'million-child.ts',
      [path],
      [
        '--expose-gc',
        // What V8 gives new objects grows with the traffic, not with what waits: kept small, not to be measured.
        '--max-semi-space-size=2',
      ],
    )
    const { rssGrowth, heapGrowth, read, fileBytes, records } = (await nextMessage(child)) as Record<
      string,
      number
    >
    expect(records).toBe(1_000_000)
    expect(read).toBe(1_000_000)
    expect(fileBytes).toBeGreaterThan(390 * 1_000_000)
    // A bit for each record is an eighth of a megabyte; the rest are buffers, of which there are a few.
    expect(heapGrowth).toBeLessThan(4 * MIB)
    expect(rssGrowth).toBeLessThan(24 * MIB)
  })
})
