import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiskError } from '../../src/disk/disk-log.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { createPretendDisk } from '../support/pretend-disk.ts'
import { AWAY, LATER, NO_TOPIC, TOO_LARGE } from '../support/pretend-kafka.ts'
import { numbered, record } from '../support/records.ts'
import { createLine, values } from './bench.ts'

describe('a lane', () => {
  it('goes out in order, in batches, one send outstanding', async () => {
    const l = createLine()
    l.kafka.answerAfterMs = 1
    const records = numbered('a', 100, 5)
    l.offer(records)
    await l.empty()
    expect(l.kafka.log).toEqual(records)
    expect(l.kafka.mostTogether()).toBe(1)
    expect(l.kafka.sends.every((batch) => batch.records.length <= 8)).toBe(true)
    expect(l.kafka.sends).toHaveLength(13)
  })

  it('lets the first record wait for company, and a full batch not', async () => {
    const l = createLine({ lingerMs: 60 })
    l.offer(numbered('a', 1, 1))
    await sleep(15)
    expect(l.kafka.sends).toHaveLength(0)
    l.offer(numbered('a', 7, 1, 1))
    await sleep(15)
    expect(l.kafka.sends.map((batch) => batch.records.length)).toEqual([8])
    l.offer(numbered('a', 2, 1, 8))
    await l.empty()
    expect(l.kafka.sends.map((batch) => batch.records.length)).toEqual([8, 2])
  })

  it('sends a batch that failed again unchanged before anything else', async () => {
    const l = createLine()
    l.kafka.fault = (_, send) => (send === 1 ? LATER : null)
    l.offer(numbered('a', 3, 1))
    await sleep(20)
    l.offer(numbered('a', 3, 1, 3))
    await l.empty()
    expect(values(l.kafka.log)).toEqual([0, 1, 2, 3, 4, 5])
    expect(l.kafka.sends[1]?.records).toEqual(l.kafka.sends[0]?.records)
    expect(l.failures).toEqual([LATER])
  })

  it('tells how long Kafka took for a batch, not for what failed', async () => {
    const l = createLine()
    l.kafka.answerAfterMs = 20
    l.kafka.fault = (_, send) => (send === 1 ? LATER : null)
    l.offer(numbered('a', 3, 1))
    await l.empty()
    expect(l.kafka.sends).toHaveLength(2)
    expect(l.sentSeconds).toHaveLength(1)
    expect(l.sentSeconds[0]).toBeGreaterThan(0.019)
  })
})

describe('a backlog on disk', () => {
  it('goes out in order, though the disk fails to give it now and then', async () => {
    const disk = createPretendDisk()
    let reads = 0
    disk.onRead = () => {
      if (++reads <= 6) throw new DiskError('EIO')
    }
    const l = createLine({}, { pauseMs: 2, disk, maxRecords: 20 })
    l.kafka.alive = false
    const records = numbered('a', 500, 5)
    l.offer(records)
    await sleep(20)
    expect(l.queue.memoryRecords).toBeLessThanOrEqual(20)
    l.kafka.alive = true
    await l.empty()
    expect(values(l.kafka.log)).toEqual(values(records))
    expect(reads).toBeGreaterThan(6)
    expect(l.lines.find(({ error }) => error === 'EIO')).toMatchObject({ level: 50, topic: 'a' })
    expect([l.queue.memoryRecords, l.queue.memoryBytes, disk.kept.length]).toEqual([0, 0, 0])
    expect(balances(l.ledger.snapshot())).toBe(true)
  })

  it('stays there, and is no loss, when the drain ends before', async () => {
    const disk = createPretendDisk()
    const l = createLine({}, { pauseMs: 2, disk, maxRecords: 20 })
    l.kafka.alive = false
    l.offer(numbered('a', 100, 5))
    expect(await l.delivery.drain(10)).toBe(100)
    disk.storedSeq = 100
    expect(l.queue.abandon()).toBe(0)
    expect(l.ledger.snapshot()).toMatchObject({ queued: 100, dropped: { shutdown: 0 } })
    expect(disk.kept).toHaveLength(100)
  })
})

describe('Kafka away', () => {
  it('is said once, holds everything, and is over for all lanes when a probe finds it back', async () => {
    let ups = 0
    const l = createLine({}, { deps: { onUp: () => ups++ } })
    l.kafka.alive = false
    l.delivery.start()
    await sleep(10)
    l.offer(numbered('a', 20, 2))
    l.offer(numbered('b', 20, 2))
    await sleep(2500)
    expect(l.ledger.snapshot()).toMatchObject({ delivered: 0, queued: 40 })
    expect(l.delivery.cluster).toMatchObject({ state: 'down', failure: AWAY })
    expect(ups).toBe(0)
    l.kafka.alive = true
    const back = performance.now()
    await l.empty()
    expect(performance.now() - back).toBeLessThan(1500)
    expect(l.delivery.cluster.state).toBe('up')
    expect(ups).toBe(1)
    expect(l.lines.map((one) => one.msg)).toEqual([
      'Kafka cannot be reached: records wait in the queue, trying again every second',
      'Kafka is back',
      expect.stringMatching(/delivers again/),
      expect.stringMatching(/delivers again/),
    ])
  })
})

describe('an idle lane', () => {
  it('is let go when nothing came since the last look, and comes again', async () => {
    const l = createLine()
    const gone: string[] = []
    const look = () =>
      l.delivery.letGoIdle((topic) => {
        const may = l.queue.letGo(topic)
        if (may) gone.push(topic)
        return may
      })
    l.offer(numbered('a', 10, 2))
    l.offer(numbered('b', 10, 2))
    await l.empty()
    look()
    expect(gone).toEqual([])
    l.offer(numbered('b', 10, 2, 10))
    await l.empty()
    await sleep(5)
    look()
    expect(gone).toEqual(['a'])
    expect(l.delivery.lanes().map(({ topic }) => topic)).toEqual(['b'])
    l.offer(numbered('a', 10, 2, 10))
    await l.empty()
    expect(values(l.kafka.log.filter(({ topic }) => topic === 'a'))).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    )
  })

  it('is none while it holds records or a call waits for it', async () => {
    const l = createLine({}, { pauseMs: 5 })
    l.kafka.alive = false
    l.offer(numbered('a', 10, 2))
    for (let i = 0; i < 3; i++) l.delivery.letGoIdle((topic) => l.queue.letGo(topic))
    expect([...l.queue.lanes()]).toHaveLength(1)
    expect(l.queue.letGo('a')).toBe(false)
    l.kafka.alive = true
    await l.empty()
  })
})

describe('a bad topic', () => {
  it('is tried again at once when its lane is woken, and its recovery is told', async () => {
    let recovered = 0
    const l = createLine({}, { pauseMs: 60_000, deps: { onRecovered: () => recovered++ } })
    let bad = true
    l.kafka.fault = (batch) => (bad && batch.topic === 'bad' ? NO_TOPIC : null)
    l.offer(numbered('bad', 5, 1))
    l.offer(numbered('good', 5, 1))
    while (l.failures.length === 0) await sleep(2)
    bad = false
    l.delivery.wake('nowhere')
    l.delivery.wake('good')
    await sleep(20)
    expect([l.queue.records, recovered]).toEqual([5, 0])
    l.delivery.wake('bad')
    await l.empty()
    expect(recovered).toBe(1)
  })

  it('stops its own lane only, says so with the fix, and goes on when the topic is there', async () => {
    const l = createLine()
    l.kafka.fault = (batch) => (batch.topic === 'bad' ? NO_TOPIC : null)
    l.offer(numbered('bad', 20, 2))
    l.offer(numbered('good', 50, 2))
    while (l.kafka.log.length < 50) await sleep(2)
    expect(l.delivery.lanes()).toContainEqual({ topic: 'bad', state: 'quarantined', failure: NO_TOPIC })
    expect([...l.queue.lanes()].find((lane) => lane.topic === 'bad')?.healthy).toBe(false)
    expect(l.lines.filter((one) => one.topic === 'bad')).toEqual([
      expect.objectContaining({
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        fix: expect.stringContaining('create the topic'),
      }),
    ])
    l.kafka.fault = () => null
    await l.empty()
    expect([...l.queue.lanes()].every((lane) => lane.healthy)).toBe(true)
    expect(l.ledger.snapshot()).toMatchObject({ delivered: 70, queued: 0 })
  })
})

describe('a record that Kafka refuses', () => {
  it('is found by halves and dropped, and the others go on in order', async () => {
    const l = createLine()
    const culprits = new Set([2, 3, 7])
    l.kafka.fault = (batch) => (values(batch.records).some((n) => culprits.has(n)) ? TOO_LARGE : null)
    l.offer(numbered('a', 16, 1))
    await l.empty()
    expect(values(l.kafka.log)).toEqual([0, 1, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(l.ledger.snapshot()).toMatchObject({ delivered: 13, dropped: { record_too_large: 3 } })
  })

  it('never costs or reorders another, whatever else fails meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 6 }),
        fc.infiniteStream(fc.boolean()),
        async (bad, chance) => {
          const l = createLine({ lingerMs: 0 }, { pauseMs: 1 })
          const culprits = new Set(bad)
          let retries = 0
          l.kafka.fault = (batch) => {
            if (retries < 8 && chance.next().value === true && ++retries > 0) return LATER
            return values(batch.records).some((n) => culprits.has(n)) ? TOO_LARGE : null
          }
          l.offer(numbered('a', 24, 3))
          await l.empty()
          const sent = values(l.kafka.log)
          expect(sent).toEqual(sent.toSorted((x, y) => x - y))
          expect(new Set(sent).size).toBe(sent.length)
          expect(sent).toHaveLength(24 - culprits.size)
          expect(sent.some((n) => culprits.has(n))).toBe(false)
          expect(balances(l.ledger.snapshot())).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('drain', () => {
  it('sends what waits without lingering', async () => {
    const l = createLine({ lingerMs: 10_000 })
    l.offer(numbered('a', 3, 1))
    const start = performance.now()
    expect(await l.delivery.drain(5000)).toBe(0)
    expect(performance.now() - start).toBeLessThan(1000)
    expect(l.kafka.log).toHaveLength(3)
  })

  it('gives up at its deadline and says what is left', async () => {
    const l = createLine()
    l.kafka.alive = false
    l.offer(numbered('a', 3, 1))
    expect(await l.delivery.drain(200)).toBe(3)
    expect(await l.delivery.drain(200)).toBe(3)
    l.kafka.alive = true
    await sleep(1200)
    expect(l.kafka.log).toEqual([])
  })

  it('still delivers when Kafka comes back before the deadline', async () => {
    const l = createLine()
    l.kafka.alive = false
    l.offer([record('a', 'k', '1')])
    await sleep(20)
    setTimeout(() => {
      l.kafka.alive = true
    }, 300)
    expect(await l.delivery.drain(5000)).toBe(0)
  })

  it('has nothing to do when nothing ever came', async () => {
    expect(await createLine().delivery.drain(1000)).toBe(0)
  })
})
