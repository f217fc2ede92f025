import { describe, expect, it } from 'vitest'
import { createDecodeEvent } from '../../src/events/decode-event.ts'
import type { HookReply } from '../../src/exhook/replies.ts'
import { RPCS, type RpcRow } from '../../src/hooks.ts'
import { FORMAT_NAMES } from '../../src/rules/formats/format-names.ts'
import { bytesField, varintField } from '../events/wire.ts'
import { contract, createParts } from '../exhook/served.ts'
import { cpuMs } from './cpu-time.ts'
import { HOSTILE_RULES, recordProblem } from './hostile-rules.ts'

const row = RPCS.find(({ rpc }) => rpc === 'OnMessagePublish') as RpcRow
const decodeEvent = createDecodeEvent(contract)
const MB = 1_000_000

function publish(rules: string, ...fields: readonly Buffer[]) {
  const parts = createParts(rules)
  const replies: HookReply[] = []
  const started = cpuMs()
  const body = bytesField(1, Buffer.concat(fields))
  parts.handler.rpc(row, 'v3')(body, Date.now() + 5000, (reply) => void replies.push(reply))
  expect(cpuMs() - started).toBeLessThan(5_000)
  expect(replies).toHaveLength(1)
  return { records: parts.intake.records, status: replies[0]?.body === null ? replies[0].status : 0 }
}

const topic = (text: string | Buffer) => bytesField(5, text)
const payload = (bytes: Buffer) => bytesField(6, bytes)
const header = (name: string) => bytesField(8, bytesField(1, name))

describe('a payload', () => {
  const payloads: readonly (readonly [string, Buffer])[] = [
    ['no bytes', Buffer.alloc(0)],
    ['10 MB of text', Buffer.alloc(10 * MB, 'a')],
    ['10 MB that are no UTF-8', Buffer.alloc(10 * MB, 0xff)],
    ['10 MB of control characters', Buffer.alloc(10 * MB, 1)],
    ['10 MB of JSON', Buffer.from(`[${'1,'.repeat(5 * MB)}1]`)],
  ]
  it.each(payloads.flatMap(([what, bytes]) => FORMAT_NAMES.map((format) => [what, format, bytes] as const)))(
    'of %s in the format %s',
    (_, format, bytes) => {
      const rule = `rules: [{hook: message.publish, topic: ${format}, format: ${format}}]`
      const { records, status } = publish(rule, topic('t'), payload(bytes))
      expect([status, records.length]).toEqual([0, 1])
      const [record] = records as [(typeof records)[0]]
      expect(recordProblem(record)).toBeNull()
      const { value } = record
      if (format === 'payload' || format === 'cloudevents') expect(value.equals(bytes)).toBe(true)
      else if (format === 'protobuf') {
        const event = decodeEvent('message.publish', value, 0)
        expect('message' in event && event.message.payload.equals(bytes)).toBe(true)
      } else {
        const read = JSON.parse(value.toString()) as { payload: string; payload_encoding?: string }
        const encoding = format === 'bridge' || read.payload_encoding === 'base64' ? 'base64' : 'utf8'
        expect(Buffer.from(read.payload, encoding).equals(bytes)).toBe(true)
      }
    },
  )
})

describe('a topic', () => {
  it.each([
    ['65,535 bytes', 'a'.repeat(65_535)],
    ['a million bytes', 'a'.repeat(MB)],
    ['65,536 levels', '/'.repeat(65_535)],
    ['a million levels', '/'.repeat(MB)],
    ['a million levels of text', 'a/'.repeat(MB / 2)],
    ['wildcards, which no topic has', '+/'.repeat(30_000)],
    ['NUL', 'a\0b/\0'],
    ['nothing', ''],
  ])('of %s is matched, written and answered', (_, name) => {
    const { records, status } = publish(HOSTILE_RULES, topic(name), payload(Buffer.from('{}')))
    expect(status).toBe(0)
    expect(records.length).toBeGreaterThanOrEqual(5)
    for (const record of records) expect(recordProblem(record)).toBeNull()
    const bridge = records.find((record) => record.topic === 'bridge')
    expect(JSON.parse(String(bridge?.value))).toMatchObject({ topic: name })
  })
})

describe('a subscription', () => {
  it.each([
    ['a million levels', '/'.repeat(MB)],
    ['a million wildcards', `${'+/'.repeat(MB / 2)}#`],
    ['a group of a million bytes', `$share/${'a'.repeat(MB)}/b`],
  ])('of %s is matched, written and answered', (_, name) => {
    const rules = `rules:
  - {name: a, hook: session.subscribed, topic: a, filter: ['+/+/+/#', 'a/b'], exclude: ['$x/#']}
  - {name: b, hook: session.subscribed, topic: b, exclude: ['+/+/x/#', '+/+/+/+/+/y']}
`
    const parts = createParts(rules)
    const replies: HookReply[] = []
    const started = cpuMs()
    const subscribed = RPCS.find(({ rpc }) => rpc === 'OnSessionSubscribed') as RpcRow
    const body = bytesField(2, name)
    parts.handler.rpc(subscribed, 'v3')(body, Date.now() + 5000, (reply) => void replies.push(reply))
    expect(cpuMs() - started).toBeLessThan(2_000)
    expect(replies).toEqual([{ body: Buffer.alloc(0) }])
    expect(parts.intake.records.length).toBeGreaterThan(0)
  })
})

describe('a map', () => {
  it('of 10,000 headers is taken, of more refused, and a million of them in bounded time', () => {
    const headers = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, i) => header(i.toString(36))))
    const counts = [10_000, 10_001, 100_000, MB]
    const statuses = counts.map((count) => publish(HOSTILE_RULES, topic('t'), headers(count)).status)
    expect(statuses).toEqual([0, 3, 3, 3])
  })

  it('whose one header is there a million times is refused, too', () => {
    const one = header('a')
    expect(publish(HOSTILE_RULES, Buffer.alloc(one.length * MB, one)).status).toBe(3)
  })
})

describe('a time', () => {
  it.each<[string, number | bigint, number | null]>([
    ['0', 0, null],
    ['2^63 - 1', 2n ** 63n - 1n, Number.MAX_SAFE_INTEGER],
    ['2^64 - 1', 2n ** 64n - 1n, Number.MAX_SAFE_INTEGER],
    ['2^53 - 1', 2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
  ])('of %s', (_, timestamp, expected) => {
    const { records } = publish(HOSTILE_RULES, topic('t'), varintField(7, timestamp))
    const [bridge] = records
    if (expected === null) expect(Math.abs(Date.now() - Number(bridge?.timestampMs))).toBeLessThan(60_000)
    else expect(bridge?.timestampMs).toBe(expected)
    for (const record of records) expect(recordProblem(record)).toBeNull()
  })
})
