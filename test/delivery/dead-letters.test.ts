import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  DEAD_LETTER_HEADERS,
  MAX_DEAD_VALUE_BYTES,
  readDeadLetter,
  toDeadLetter,
} from '../../src/delivery/dead-letter.ts'
import { createDeadLetterFile } from '../../src/delivery/dead-letter-file.ts'
import { recordBytes } from '../../src/rules/kafka-record.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { NO_TOPIC, TOO_LARGE } from '../support/pretend-kafka.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { numbered, record } from '../support/records.ts'
import { createLine, values } from './bench.ts'

const folder = mkdtempSync(join(tmpdir(), 'dead-letters-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a dead letter', () => {
  it('says what the record was, and gives it back', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.string(), fc.string()),
        fc.nat(),
        (value, headers, timestampMs) => {
          const own = Object.fromEntries(
            Object.entries(headers).filter(([name]) => !name.startsWith('exhook-')),
          )
          const before = record('lost', 'k', value, { headers: own, timestampMs })
          const letter = toDeadLetter(before, TOO_LARGE, 'dead', 5)
          expect(letter).toMatchObject({
            topic: 'dead',
            key: before.key,
            timestampMs: 5,
            bytes: recordBytes(letter),
          })
          expect(letter.value.equals(before.value)).toBe(true)
          expect(readDeadLetter(letter.headers)).toEqual({
            originalTopic: 'lost',
            originalTimestampMs: timestampMs,
            originalPartition: null,
            rule: 'test',
            kind: 'record',
            code: 'MESSAGE_TOO_LARGE',
            error: 'too large',
            cutFromBytes: null,
            headers: own,
          })
        },
      ),
    )
  })

  it('is cut, and says so, when its value is too large for any topic', () => {
    const letter = toDeadLetter(record('lost', 'k', Buffer.alloc(2_000_000, 'x')), TOO_LARGE, 'dead', 5)
    expect(letter.value).toHaveLength(MAX_DEAD_VALUE_BYTES)
    expect(letter.headers[DEAD_LETTER_HEADERS.cut]).toBe('2000000')
    expect(readDeadLetter(letter.headers)?.cutFromBytes).toBe(2_000_000)
  })

  it('of somebody else is none of ours', () => {
    expect(readDeadLetter({})).toBeNull()
    expect(readDeadLetter({ [DEAD_LETTER_HEADERS.topic]: '' })).toBeNull()
  })
})

describe('a record that Kafka refuses', () => {
  it('goes to the dead letters, the others go on in order, and the account balances', async () => {
    const l = createLine({ deadLetterTopic: 'dead' })
    const refused = new Set([3, 7])
    l.kafka.fault = (batch) =>
      batch.topic === 'a' && values(batch.records).some((n) => refused.has(n)) ? TOO_LARGE : null
    l.offer(numbered('a', 12, 1))
    await l.empty()
    expect(values(l.kafka.log.filter(({ topic }) => topic === 'a'))).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10, 11])
    expect(values(l.kafka.log.filter(({ topic }) => topic === 'dead')).sort()).toEqual([3, 7])
    const ledger = l.ledger.snapshot()
    expect(ledger).toMatchObject({ delivered: 10, deadLettered: { topic: 2, file: 0 }, queued: 0 })
    expect(balances(ledger)).toBe(true)
    expect(l.queue.bytes).toBe(0)
  })

  it('ends the wait of its reply', async () => {
    const l = createLine({ deadLetterTopic: 'dead' })
    l.kafka.fault = (batch) => (batch.topic === 'a' ? TOO_LARGE : null)
    l.offer([record('a', 'k', '1', { policy: { reply: 'delivered' } })])
    await l.empty()
    expect(l.outcomes).toEqual(['late'])
  })

  it('is dropped with its reason when there is nowhere to keep it', async () => {
    const l = createLine({ deadLetterTopic: null })
    l.kafka.fault = () => TOO_LARGE
    l.offer(numbered('a', 1, 1))
    await l.empty()
    expect(l.ledger.snapshot().dropped.record_too_large).toBe(1)
  })
})

describe('a Kafka topic that stays refused', () => {
  it('sends its records to the dead letters when its time is up, and to the topic once that is there', async () => {
    const l = createLine({ deadLetterTopic: 'dead', topicErrorTtlMs: 300 }, { pauseMs: 20 })
    l.kafka.fault = (batch) => (batch.topic === 'bad' ? NO_TOPIC : null)
    l.offer(numbered('bad', 20, 2))
    await sleep(150)
    expect(l.kafka.log).toEqual([])
    await l.empty()
    expect(values(l.kafka.log)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(l.ledger.snapshot()).toMatchObject({ delivered: 0, deadLettered: { topic: 20 } })
    l.offer(numbered('bad', 1, 1, 20))
    await l.empty()
    expect(l.ledger.snapshot().deadLettered.topic).toBe(21)
    l.kafka.fault = () => null
    l.offer(numbered('bad', 5, 1, 21))
    await l.empty()
    expect(l.ledger.snapshot()).toMatchObject({ delivered: 5, deadLettered: { topic: 21 } })
  })
})

describe('dead letters that reach no topic', () => {
  const refuseAll = (batch: { readonly topic: string }) => (batch.topic === 'dead' ? NO_TOPIC : TOO_LARGE)

  it('go to the file, and what it cannot take is dropped and counted', async () => {
    const path = join(folder, 'letters.ndjson')
    const { log, lines } = createLogRecorder()
    const file = createDeadLetterFile({ path, maxBytes: 1000 }, log)
    const l = createLine({ deadLetterTopic: 'dead' }, { file })
    l.kafka.fault = refuseAll
    l.offer(numbered('a', 10, 1))
    await l.empty()
    file.close()
    const kept = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const { deadLettered, dropped } = l.ledger.snapshot()
    expect(kept.length).toBeGreaterThan(0)
    const told = (text: string) => l.lines.filter(({ msg }) => msg?.includes(text)).map(({ topic }) => topic)
    expect(told('go to the dead-letter topic')).toEqual(['a'])
    expect(told('are in the dead-letter file')).toEqual(['dead'])
    expect(told('are dropped: there is nowhere to keep them')).toEqual(['dead'])
    expect(l.lines.find(({ fix }) => fix !== undefined)?.fix).toBe('create it, or correct dead_letters.topic')
    expect(deadLettered).toEqual({ topic: 0, file: kept.length })
    expect(dropped.dead_letters_failed).toBe(10 - kept.length)
    expect(kept[0]).toMatchObject({
      topic: 'a',
      code: 'MESSAGE_TOO_LARGE',
      key: Buffer.from('device-0').toString('base64'),
      value: Buffer.from('0').toString('base64'),
      cut_from: null,
      headers: {},
    })
    expect(lines.map((line) => line.msg)).toEqual([
      'the file of dead letters is full: further ones are dropped',
    ])
    expect(balances(l.ledger.snapshot())).toBe(true)
  })

  it('are dropped and counted when the file cannot be written', async () => {
    const { log, lines } = createLogRecorder()
    const file = createDeadLetterFile({ path: join(folder, 'no', 'such', 'folder'), maxBytes: 1000 }, log)
    const l = createLine({ deadLetterTopic: null }, { file })
    l.kafka.fault = () => TOO_LARGE
    l.offer(numbered('a', 3, 1))
    await l.empty()
    expect(l.ledger.snapshot().dropped.dead_letters_failed).toBe(3)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.error).toContain('ENOENT')
  })

  it('add to a file that is there', () => {
    const path = join(folder, 'more.ndjson')
    for (let i = 0; i < 2; i++) {
      const file = createDeadLetterFile({ path, maxBytes: 1000 }, createLogRecorder().log)
      expect(file.append(record('a', null, 'v'), TOO_LARGE)).toBe(true)
      file.close()
    }
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2)
  })
})

describe('kafka.max_record_age_ms', () => {
  it('drops what has waited too long when its batch is formed', async () => {
    const l = createLine({ maxRecordAgeMs: 60_000 })
    const old = { ...record('a', 'k', '1'), receivedAtMs: Date.now() - 61_000 }
    l.offer([old, record('a', 'k', '2'), old])
    await l.empty()
    expect(values(l.kafka.log)).toEqual([2])
    expect(l.ledger.snapshot().dropped.too_old).toBe(2)
    expect(balances(l.ledger.snapshot())).toBe(true)
  })
})
