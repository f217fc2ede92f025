import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, methodOf } from '../../../src/events/contract.ts'
import { createDecodeEvent } from '../../../src/events/decode-event.ts'
import { createRedactRequest } from '../../../src/events/redact-request.ts'
import { HOOKS, type HookPoint } from '../../../src/hooks.ts'
import { FORMAT_NAMES } from '../../../src/rules/formats/format-names.ts'
import { LARGE_PAYLOAD_BYTES } from '../../../src/rules/formats/large-payload.ts'
import type { KafkaRecord } from '../../../src/rules/kafka-record.ts'
import { parseRules } from '../../../src/rules/load-rules.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import { ALONE } from '../../../src/rules/surroundings.ts'
import { messageArbitrary } from '../../events/arbitraries.ts'

const contract = loadContract()
const decode = createDecodeEvent(contract)
const redact = createRedactRequest(contract)
const around = { ...ALONE, deadLetterTopic: 'dead' }

/** A rule for each format that the hook may have, with all of the event in its key, headers and Kafka topic, and a dead letter. */
function rulesOf(hook: HookPoint): RuleSet {
  const isMessage = HOOKS.get(hook)?.topic === 'message'
  const key = isMessage ? '${payload}' : '${clientid}'
  const inner = isMessage ? '${payload.a}-${id}' : '${username}'
  const rules = FORMAT_NAMES.filter((format) => isMessage || format !== 'payload').flatMap((format) => [
    `  - {hook: ${hook}, topic: t, format: ${format}, key: '${key}', headers: {a: '${key}', b: '${inner}', c: '\${.}'}}\n`,
    `  - {hook: ${hook}, topic: 't.\${clientid}', allow: [t.*], format: ${format}, key: '\${clientid}'}\n`,
  ])
  return parseRules(`rules:\n${rules.join('')}`, 'rules.yaml')
}

const bytesOf = ({ key, value, headers, topic }: KafkaRecord) => ({
  key: key?.toString('hex'),
  value: value.toString('hex'),
  headers: JSON.stringify(headers),
  topic,
})

/** The records of a request whose memory is used for something else afterwards, as they were before and are then. */
function beforeAndAfter(hook: HookPoint, rules: RuleSet, body: Buffer) {
  const event = decode(hook, body, 1_700_000_000_000)
  const records = rules.apply(event, () => redact(hook, body), around)
  const before = records.map(bytesOf)
  body.fill(0xff)
  return { records, before, after: records.map(bytesOf) }
}

/** A request in memory of its own, as a large one is; else in the one that Node's small buffers share. */
function placed(bytes: Buffer, ownMemory: boolean): Buffer {
  const body = ownMemory ? Buffer.allocUnsafeSlow(bytes.length) : Buffer.allocUnsafe(bytes.length)
  bytes.copy(body)
  return body
}

describe.each([...HOOKS.keys()])('records of a %s', (hook) => {
  const method = methodOf(contract, 'v3', HOOKS.get(hook)?.rpc ?? '')
  const requestName = (method.requestType.type as { name: string }).name
  const rules = rulesOf(hook)

  it('hold nothing of its request, whatever it is', () => {
    const requests = messageArbitrary(contract, requestName)
    fc.assert(
      fc.property(requests, fc.boolean(), (request, ownMemory) => {
        const body = placed(Buffer.from(method.requestSerialize(request)), ownMemory)
        const { records, before, after } = beforeAndAfter(hook, rules, body)
        expect(after).toEqual(before)
        if (!ownMemory) return
        for (const { key, value } of records) {
          expect(value.buffer).not.toBe(body.buffer)
          expect(key?.buffer).not.toBe(body.buffer)
        }
      }),
      { numRuns: 30 },
    )
  })
})

it.each(['message.publish', 'message.acked', 'message.dropped'] as const)(
  'nor those of a large %s',
  (hook) => {
    const method = methodOf(contract, 'v3', HOOKS.get(hook)?.rpc ?? '')
    const rules = rulesOf(hook)
    for (const size of [LARGE_PAYLOAD_BYTES - 1, LARGE_PAYLOAD_BYTES, 200_000]) {
      const message = { from: 'c', topic: 'a', payload: Buffer.from(`{"a":"${'x'.repeat(size)}"}`) }
      const body = placed(Buffer.from(method.requestSerialize({ message })), true)
      const { records, before, after } = beforeAndAfter(hook, rules, body)
      expect(records).toHaveLength(2 * FORMAT_NAMES.length)
      expect(after).toEqual(before)
    }
  },
)
