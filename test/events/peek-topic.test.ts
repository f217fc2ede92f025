import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, methodOf, requestTypeOf } from '../../src/events/contract.ts'
import { createDecodeEvent } from '../../src/events/decode-event.ts'
import { createPeekTopic } from '../../src/events/peek-topic.ts'
import { MalformedRequestError } from '../../src/events/wire-reader.ts'
import { HOOKS } from '../../src/hooks.ts'
import { messageArbitrary, mutate, mutations } from './arbitraries.ts'
import { bytesField, MESSAGE, tag, varint, varintField } from './wire.ts'

const contract = loadContract()
const decodeEvent = createDecodeEvent(contract)
const peekTopic = createPeekTopic(contract)

const withTopic = [...HOOKS].filter(([, row]) => row.topic === 'message' || row.topic === 'request')

describe.each(withTopic)('%s', (hook, row) => {
  const request = messageArbitrary(contract, requestTypeOf(contract, row.rpc).name)
  const decodedTopic = (body: Buffer): unknown => (decodeEvent(hook, body, 0) as { topic?: string }).topic

  it('has the topic that the full decoder finds', () => {
    fc.assert(
      fc.property(request, (any) => {
        const body = methodOf(contract, 'v3', row.rpc).requestSerialize(any)
        expect(peekTopic(hook, body)).toBe(decodedTopic(body))
      }),
      { numRuns: 100 },
    )
  })

  it('agrees about every body that the full decoder accepts, and throws nothing but malformed', () => {
    const encoded = request.map((any) => methodOf(contract, 'v3', row.rpc).requestSerialize(any))
    fc.assert(
      fc.property(encoded, encoded, mutations, (a, b, changes) => {
        // Two bodies in one: every field is given twice.
        for (const body of [
          Buffer.concat([a, b]),
          mutate(a, changes),
          mutate(Buffer.concat([a, b]), changes),
        ]) {
          const full = attempt(() => decodedTopic(body))
          const peeked = attempt(() => peekTopic(hook, body))
          if (full !== MALFORMED) expect(peeked).toBe(full)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is empty when there is none', () => {
    expect(peekTopic(hook, Buffer.alloc(0))).toBe('')
  })
})

describe('peekTopic', () => {
  const topic = (text: string): Buffer => bytesField(MESSAGE.topic, text)

  it.each([
    ['the last topic of a message', [bytesField(1, Buffer.concat([topic('a'), topic('b')]))], 'b'],
    ['the topic of the last message', [bytesField(1, topic('a')), bytesField(1, topic('b'))], 'b'],
    ['an earlier topic when the last message has none', [bytesField(1, topic('a')), bytesField(1, '')], 'a'],
    ['an empty topic that comes last', [bytesField(1, topic('a')), bytesField(1, topic(''))], ''],
    [
      'a topic after unknown fields',
      [varintField(77, 1), bytesField(1, topic('a')), bytesField(99, 'z')],
      'a',
    ],
  ])('takes %s', (_, parts, expected) => {
    const body = Buffer.concat(parts)
    expect(peekTopic('message.publish', body)).toBe(expected)
    expect(decodeEvent('message.publish', body, 0)).toMatchObject({ topic: expected })
  })

  it('does not read the message beyond its end', () => {
    const body = Buffer.concat([tag(1, 2), varint(2), tag(MESSAGE.topic, 2), varint(3), Buffer.from('abc')])
    expect(() => peekTopic('message.publish', body)).toThrow(MalformedRequestError)
  })

  it.each(['client.connected', 'client.subscribe'] as const)('refuses %s, which has no one topic', (hook) => {
    expect(() => peekTopic(hook, Buffer.alloc(0))).toThrow('has no one topic')
  })
})

const MALFORMED = Symbol('malformed')

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedRequestError)
    return MALFORMED
  }
}
