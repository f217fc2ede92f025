import { crc32c } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HookEvent } from '../../src/events/hook-event.ts'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { encodeRecordBatch } from '../../src/kafka/record-batch.ts'
import { compileRule } from '../../src/rules/compile-rule.ts'
import { createBridgeFormat } from '../../src/rules/formats/bridge.ts'
import { largestRecordBytes, NAMES_BYTES } from '../../src/rules/largest-record.ts'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import { EVENTS } from './sample-events.ts'

const HOOK_POINTS = [...HOOKS.keys()]
const MAX_PACKET_BYTES = 20_000

/** The bytes that Kafka is given for one event, in a batch of its own. */
async function batchBytes(event: HookEvent, topic: string): Promise<number> {
  const rule = compileRule(
    {
      name: 'r',
      hooks: [event.hook],
      filters: null,
      exclude: [],
      topic: 't',
      key: '${topic} ${clientid} ${username}',
      enabled: true,
      policy: DEFAULT_POLICY,
    },
    createBridgeFormat({ withEvent: true }),
  )
  const part = { partition: 0, records: [rule.toRecord(event, topic)], firstSequence: 0 }
  const producer = { id: 2n ** 62n, epoch: 0 }
  return (await encodeRecordBatch(part, { producer, compression: 'none', crc32c })).length
}

/** Names that are long, and full of what JSON escapes. */
const name = fc.string({
  unit: fc.constantFrom('a', '/', '"', '\\', 'é', '漢'),
  maxLength: Math.floor(NAMES_BYTES / 24),
})

describe('the largest record', () => {
  it('is no smaller than any that the format makes of a packet within the limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...HOOK_POINTS),
        fc.record({ clientid: name, username: name, from: name, topic: name, node: name }),
        fc.nat(MAX_PACKET_BYTES),
        async (hook, { from, topic, ...names }, length) => {
          const sample: HookEvent = EVENTS[hook]
          const payload = Buffer.alloc(Math.min(length, MAX_PACKET_BYTES - Buffer.byteLength(topic)))
          const event = {
            ...sample,
            ...names,
            ...('message' in sample && { message: { ...sample.message, from, topic, payload } }),
          } as HookEvent
          expect(await batchBytes(event, topic)).toBeLessThanOrEqual(
            largestRecordBytes([hook], MAX_PACKET_BYTES),
          )
        },
      ),
    )
  })

  it('is not much larger than one with a full payload', async () => {
    const { message } = EVENTS['message.publish']
    const payload = Buffer.alloc(MAX_PACKET_BYTES)
    const full = await batchBytes({ ...EVENTS['message.publish'], message: { ...message, payload } }, 't')
    expect(largestRecordBytes(['message.publish'], MAX_PACKET_BYTES) - full).toBeLessThan(2 * NAMES_BYTES)
  })

  it.each<[readonly HookPoint[], boolean]>([
    [['client.connected', 'session.created'], false],
    [['client.subscribe', 'client.authorize'], false],
    [['client.connected', 'message.acked'], true],
    [['message.dropped'], true],
  ])('of %j depends on the packet: %s', (hooks, depends) => {
    const grown = largestRecordBytes(hooks, 2_000_000) - largestRecordBytes(hooks, 1_000_000)
    expect(grown > 0).toBe(depends)
  })

  it("is more than Kafka's default limit for EMQX's default packet", () => {
    expect(largestRecordBytes(['message.publish'], 1024 * 1024)).toBe(1_398_104 + 2 * NAMES_BYTES + 125)
  })
})
