import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { record } from '../support/records.ts'
import { nextMessage, realDirectory, start } from './children.ts'
import { createLogBench, readAll, until } from './log-bench.ts'

const numberOf = ({ value }: KafkaRecord) => Number.parseInt(value.toString(), 10)

describe('real processes', () => {
  test('killed at any time: what was stored is there, each event whole, in order', async () => {
    const path = realDirectory()
    const stored = new Set<number>()
    const LIVES = 8
    for (let life = 0; life < LIVES; life++) {
      const child = start('append-child.ts', [path, String(life * 1_000_000)])
      await nextMessage(child)
      child.on('message', (message: { stored: number[] }) => {
        for (const number of message.stored) stored.add(number)
      })
      const before = stored.size
      await until(() => stored.size > before)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const { log, unreadable } = createLogBench({ path, maxBytes: 8 * 1024 * 1024 })
    const recovery = await log.open()
    expect(recovery).toMatchObject({ damagedFiles: [], unreadableRecords: 0 })
    const [a, b] = [await readAll(log, 'a'), await readAll(log, 'b')]
    expect(a.length + b.length).toBe(recovery.records)
    const numbers = b.map(numberOf)
    expect(numbers).toEqual([...numbers].sort((x, y) => x - y))
    expect(a.map(numberOf)).toEqual(numbers.flatMap((number) => [number, number]))
    const found = new Set(numbers)
    expect(found.size).toBe(numbers.length)
    expect([...stored].filter((number) => !found.has(number))).toEqual([])
    expect(stored.size).toBeGreaterThan(20 * LIVES)
    expect(unreadable).toEqual([])
    await log.close()
  })

  test('one at a time: the second is told who has the directory, and gets it when the first is dead', async () => {
    const path = realDirectory()
    const first = start('append-child.ts', [path])
    expect(await nextMessage(first)).toMatchObject({ open: true })
    const second = start('append-child.ts', [path])
    expect(await nextMessage(second)).toMatchObject({
      open: false,
      message: expect.stringMatching(
        new RegExp(
          `${path}: it is in use by process ${first.pid} on \\S+ since \\S+: stop that one, or give`,
        ),
      ),
    })
    // In this process too.
    const here = createLogBench({ path })
    await expect(here.log.open()).rejects.toThrow(`process ${first.pid}`)
    first.kill('SIGKILL')
    await once(first, 'exit')
    await here.log.open()
    await expect(createLogBench({ path }).log.open()).rejects.toThrow(`process ${process.pid}`)
    await here.log.close()
    const third = createLogBench({ path })
    await third.log.open()
    await third.log.close()
  })
})

describe('the real file system', () => {
  test('a file where the directory should be', async () => {
    const path = join(realDirectory(), 'file')
    writeFileSync(path, '')
    const { log } = createLogBench({ path })
    await expect(log.open()).rejects.toThrow(
      `cannot create ${path}: it is a file (EEXIST): give the path of a directory`,
    )
    const below = createLogBench({ path: join(path, 'below') })
    await expect(below.log.open()).rejects.toThrow(/a part of the path is a file/)
  })

  test('a missing directory is made with its parents', async () => {
    const path = join(realDirectory(), 'a', 'b')
    const { log } = createLogBench({ path })
    await log.open()
    expect(log.state.name).toBe('ok')
    await log.close()
  })

  const canMount = ((): boolean => {
    try {
      execFileSync('mountpoint', ['-q', '/proc'])
      return process.getuid?.() === 0
    } catch {
      return false
    }
  })()

  /** A disk of a megabyte; undefined where mounting is not allowed. */
  function smallDisk(path: string): (() => void) | undefined {
    mkdirSync(path, { recursive: true })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' })
    } catch {
      return undefined
    }
    return () => execFileSync('umount', ['-l', path])
  }

  // Where mounting is not allowed, failures.test.ts has the same with a pretended disk.
  test.runIf(canMount)('a disk that is really full', async ({ skip }) => {
    const path = join(realDirectory(), 'mnt')
    const unmount = smallDisk(path)
    if (unmount === undefined) return skip('mounting is not allowed here')
    try {
      const filler = join(path, 'filler')
      writeFileSync(filler, Buffer.alloc(900 * 1024))
      const { log, stored } = createLogBench({ path, maxBytes: 8 * 1024 * 1024, segmentBytes: 1024 * 1024 })
      await log.open()
      const all: KafkaRecord[] = []
      const append = () => {
        const one = { ...record('t', null, `${all.length} `.padEnd(10_000, 'x')), rule: 'r' }
        log.append([one])
        all.push(one)
        return log.flush().catch(() => {})
      }
      while (log.accepts) await append()
      expect(log.state).toMatchObject({ name: 'full', detail: expect.stringContaining('ENOSPC') })
      expect(await readAll(log, 't')).toEqual(all)
      rmSync(filler)
      await until(() => log.accepts)
      expect(stored()).toBe(all.length)
      await append()
      await log.close()
      const again = createLogBench({ path })
      await again.log.open()
      expect(await readAll(again.log, 't')).toEqual(all)
      await again.log.close()
    } finally {
      unmount()
    }
  })
})

describe('a directory that is taken away', () => {
  test.each(['removed', 'made again'])(
    '%s: it is told within a second or two, and nothing counts as stored',
    async (how) => {
      const path = join(mkdtempSync(join(tmpdir(), 'exhook-kafka-gone-')), 'queue')
      const { log, states } = createLogBench({ path, maxBytes: 32 * 1024 * 1024, segmentBytes: 1024 * 1024 })
      await log.open()
      log.append([{ ...record('t', null, 'x'), rule: 'r' }])
      await log.flush()
      rmSync(path, { recursive: true })
      if (how === 'made again') mkdirSync(path)
      await until(() => !log.accepts)
      expect(log.storedSeq).toBe(0)
      expect(states.at(-1)?.detail).toMatch(/removed or replaced while it was in use.*restart/)
      await log.close()
      rmSync(dirname(path), { recursive: true })
    },
  )
})
