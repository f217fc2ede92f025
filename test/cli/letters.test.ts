import { describe, expect, it } from 'vitest'
import { hasNoTopic, isMeant, letterOf } from '../../src/cli/letters.ts'
import { recordJson, recordLine } from '../../src/cli/record-lines.ts'
import { DEAD_LETTER_HEADERS, type DeadRecord } from '../../src/delivery/dead-letter.ts'
import type { ReadRecord } from '../../src/kafka/record-reader.ts'

const found = (headers: Record<string, (Buffer | null)[]>, more: Partial<ReadRecord> = {}): ReadRecord => ({
  topic: 'exhook.dead-letters',
  partition: 1,
  offset: 2,
  timestampMs: 0,
  key: null,
  value: Buffer.from('v'),
  headers,
  ...more,
})

const bound = (topic: string) => ({ [DEAD_LETTER_HEADERS.topic]: [Buffer.from(topic)] })

describe('a dead letter', () => {
  it('is one with a legible place that it was bound for', () => {
    expect(letterOf(found(bound('t')))?.was).toMatchObject({
      originalTopic: 't',
      cutFromBytes: null,
      headers: {},
    })
    expect(letterOf(found({ ...bound('t'), mine: [Buffer.from('x')] }))?.was.headers).toEqual({ mine: 'x' })
  })

  it.each([
    ['no headers', found({})],
    ['a tombstone', found(bound('t'), { value: null })],
    ['a topic of Kafka', found(bound('__consumer_offsets'))],
    ['no legal topic', found(bound('a b'))],
    ['the dead letters themselves', found(bound('own'), { topic: 'own' })],
    ['the same header twice', found({ [DEAD_LETTER_HEADERS.topic]: [Buffer.from('a'), Buffer.from('b')] })],
    ['a header that is no text', found({ ...bound('t'), mine: [Buffer.from([255])] })],
    ['a header that is nothing', found({ ...bound('t'), mine: [null] })],
  ])('is none with %s', (_, record) => {
    expect(letterOf(record)).toBeNull()
  })

  it.each(['a b', '__x', 't', 'exhook.dead-letters'])('is one too whose rule found no topic: %s', (topic) => {
    const letter = (code: string) =>
      letterOf(
        found({
          ...bound(topic),
          [DEAD_LETTER_HEADERS.kind]: [Buffer.from('rule')],
          [DEAD_LETTER_HEADERS.code]: [Buffer.from(code)],
        }),
      )
    expect(letter('TOPIC_NOT_ALLOWED')?.was).toMatchObject({ originalTopic: topic, kind: 'rule' })
    expect(hasNoTopic(letter('TOPIC_NOT_ALLOWED')?.was as DeadRecord)).toBe(true)
    expect(letter('TOO_MANY_TOPICS') === null).toBe(topic !== 't')
  })

  it('is meant when topic and code are', () => {
    const letter = letterOf(found({ ...bound('t'), [DEAD_LETTER_HEADERS.code]: [Buffer.from('C')] }))
    if (letter === null) throw new Error('it is one')
    expect(isMeant(letter, { topic: null, code: null })).toBe(true)
    expect(isMeant(letter, { topic: 't', code: 'C' })).toBe(true)
    expect(isMeant(letter, { topic: 'u', code: 'C' })).toBe(false)
    expect(isMeant(letter, { topic: null, code: 'D' })).toBe(false)
  })
})

describe('a record', () => {
  const odd = found(
    { twice: [Buffer.from('a'), Buffer.from([255])], none: [null], 'emqx-event': [Buffer.from('\u001b[0m')] },
    { key: Buffer.from([0, 255]), value: Buffer.from(' { "n": 1.0,\n "s": "\u009b" } '), timestampMs: 1e300 },
  )

  it('is one line, whatever it holds', () => {
    expect(recordLine(odd)).toBe(
      '1@2  1e+300 ms  hex 00ff (2 bytes)  \\u{1b}[0m   { "n": 1.0,\\n "s": "\\u{9b}" } \n',
    )
    expect(recordLine(found({}, { value: null }))).toBe('1@2  1970-01-01T00:00:00.000Z  -  -  null\n')
  })

  it('is one object in JSON, its value digit by digit', () => {
    const line = recordJson(odd)
    expect(line).toContain('"value":{"n":1.0,"s":"\\u009b"}')
    expect(JSON.parse(line)).toMatchObject({
      key_base64: 'AP8=',
      headers: { twice: ['a', { base64: '/w==' }], none: null },
      bytes: odd.value?.length,
    })
    expect(JSON.parse(recordJson(found({}, { value: null })))).toMatchObject({ value: null, bytes: null })
    expect(JSON.parse(recordJson(found({}, { value: Buffer.from('null') })))).toMatchObject({
      value: null,
      bytes: 4,
    })
  })
})
