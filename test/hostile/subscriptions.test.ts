import { describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import type { HookReply } from '../../src/exhook/replies.ts'
import { RPCS, type RpcRow } from '../../src/hooks.ts'
import { FORMAT_NAMES } from '../../src/rules/formats/format-names.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { contract, createParts } from '../exhook/served.ts'
import { cpuMs } from './cpu-time.ts'

const MAX_EVENT_BYTES = 64 * 1024 * 1024
const row = RPCS.find(({ rpc }) => rpc === 'OnClientSubscribe') as RpcRow

/** Sends one SUBSCRIBE of so many filters and user properties. */
function subscribe(rules: string, filters: number, properties: number) {
  const parts = createParts(rules)
  const body = methodOf(contract, 'v3', row.rpc).requestSerialize({
    clientinfo: { clientid: 'c1', node: 'emqx@127.0.0.1' },
    topic_filters: Array.from({ length: filters }, (_, i) => ({ name: `a/${i}` })),
    user_props: Array.from({ length: properties }, (_, i) => ({ name: `name ${i}`, value: 'x'.repeat(80) })),
  })
  const replies: HookReply[] = []
  const started = cpuMs()
  parts.handler.rpc(row, 'v3')(body, Date.now() + 5000, (reply) => void replies.push(reply))
  const ms = cpuMs() - started
  const { records, dropped, matched } = parts.ledger.snapshot()
  return { parts, replies, ms, body, dropped: dropped.larger_than_queue, taken: records, matched }
}

const rule = (format: string, more = '') =>
  `rules: [{hook: client.subscribe, topic: t, format: ${format}${more}}]`
const ours = FORMAT_NAMES.filter((format) => format !== 'payload')

describe('a SUBSCRIBE of 1 MB', () => {
  it.each(ours)('of ten filters makes ten records of the format %s', (format) => {
    const { parts, dropped } = subscribe(rule(format), 10, 5_000)
    expect(parts.intake.records).toHaveLength(10)
    expect(dropped).toBe(0)
  })

  // Each record holds all properties: without a bound these are 10 GB.
  it.each(['emqx', 'cloudevents', 'protobuf'])(
    'of 9,999 filters and properties is dropped, counted and answered: %s',
    (format) => {
      const { parts, replies, ms, body, dropped, taken, matched } = subscribe(rule(format), 9_999, 9_999)
      expect(body.length).toBeGreaterThan(900_000)
      expect(replies).toEqual([{ body: Buffer.alloc(0) }])
      expect(parts.intake.records).toEqual([])
      expect(dropped).toBeGreaterThan(0)
      expect(dropped * body.length).toBeLessThan(MAX_EVENT_BYTES)
      expect([taken, matched]).toEqual([dropped, 1])
      expect(balances(parts.ledger.snapshot())).toBe(true)
      expect(ms).toBeLessThan(2_000)
    },
  )

  it('of 9,999 filters alone makes a record of each', () => {
    expect(subscribe(rule('bridge'), 9_999, 0).parts.intake.records).toHaveLength(9_999)
  })

  it('has its properties worked out once, not for each filter', () => {
    const looks = ', headers: {a: "${sub_props.User-Property.x}"}, when: sub_props.size() == 1'
    const { parts, ms } = subscribe(rule('bridge', looks), 9_999, 9_999)
    expect(parts.intake.records).toEqual([])
    expect(ms).toBeLessThan(2_000)
  })

  it('of more than 10,000 filters or properties is refused', () => {
    for (const [filters, properties] of [
      [10_001, 0],
      [1, 10_001],
    ] as const) {
      const { replies, parts } = subscribe(rule('bridge'), filters, properties)
      expect(replies).toEqual([expect.objectContaining({ status: 3 })])
      expect(parts.ledger.snapshot().refused.malformed).toBe(1)
    }
  })
})
