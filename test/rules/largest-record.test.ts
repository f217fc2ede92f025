import { crc32c } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HookEvent } from '../../src/events/hook-event.ts'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { encodeRecordBatch } from '../../src/kafka/record-batch.ts'
import { formatProblem } from '../../src/rules/formats/create-format.ts'
import { FORMAT_NAMES, type FormatName } from '../../src/rules/formats/format-names.ts'
import { largestRecordBytes, NAMES_BYTES } from '../../src/rules/largest-record.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { EVENTS } from './sample-events.ts'

const HOOK_POINTS = [...HOOKS.keys()]
const MAX_PACKET_BYTES = 20_000

/** The bytes that Kafka is given for one event, in a batch of its own. */
async function batchBytes(event: HookEvent, format: FormatName): Promise<number> {
  const key = '"${topic} ${clientid} ${username}"'
  const topicless = HOOKS.get(event.hook)?.topic === 'none'
  const rules = parseRules(
    `rules: [{hook: ${event.hook}, topic: t, format: ${format}, key: ${topicless ? '"${clientid}"' : key}}]`,
    'r',
  )
  const part = { partition: 0, records: rules.apply(event), firstSequence: 0 }
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
        fc.constantFrom(...FORMAT_NAMES),
        fc.record({ clientid: name, username: name, from: name, topic: name, node: name }),
        fc.nat(MAX_PACKET_BYTES),
        async (hook, format, { from, topic, ...names }, length) => {
          fc.pre(formatProblem(format, [hook]) === null)
          const sample: HookEvent = EVENTS[hook]
          const payload = Buffer.alloc(Math.min(length, MAX_PACKET_BYTES - Buffer.byteLength(topic)))
          const event = {
            ...sample,
            ...names,
            ...('message' in sample && { message: { ...sample.message, from, topic, payload } }),
          } as HookEvent
          expect(await batchBytes(event, format)).toBeLessThanOrEqual(
            largestRecordBytes([hook], format, MAX_PACKET_BYTES),
          )
        },
      ),
    )
  })

  // Without a hook call behind it, protobuf has no value.
  it.each(FORMAT_NAMES.filter((name) => name !== 'protobuf'))(
    'is not much larger than one with a full payload, in %s',
    async (format) => {
      const { message } = EVENTS['message.publish']
      const payload = Buffer.alloc(MAX_PACKET_BYTES)
      const full = await batchBytes(
        { ...EVENTS['message.publish'], message: { ...message, payload } },
        format,
      )
      expect(largestRecordBytes(['message.publish'], format, MAX_PACKET_BYTES) - full).toBeLessThan(
        2 * NAMES_BYTES,
      )
    },
  )

  it.each<[readonly HookPoint[], boolean]>([
    [['client.connected', 'session.created'], false],
    [['client.subscribe', 'client.authorize'], false],
    [['client.connected', 'message.acked'], true],
    [['message.dropped'], true],
  ])('of %j depends on the packet: %s', (hooks, depends) => {
    const grown =
      largestRecordBytes(hooks, 'payload', 2_000_000) - largestRecordBytes(hooks, 'payload', 1_000_000)
    expect(grown > 0).toBe(depends)
  })

  it("is more than Kafka's default limit for EMQX's default packet", () => {
    expect(largestRecordBytes(['message.publish'], 'bridge', 1024 * 1024)).toBe(
      1_398_104 + 2 * NAMES_BYTES + 125,
    )
  })
})
