import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createBridgeFormat } from '../../../src/rules/formats/bridge.ts'
import { LARGE_PAYLOAD_BYTES, withLargePayload } from '../../../src/rules/formats/large-payload.ts'
import { NO_REQUEST, RuleInput } from '../../../src/rules/rule-input.ts'
import { EVENTS } from '../sample-events.ts'

it('is the JSON that it would be with the payload in it', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('"payload":""'), fc.constant('payload":"'))
  fc.assert(
    fc.property(text, text, fc.integer({ min: 0, max: 100_000 }), (before, after, size) => {
      const payload = Buffer.alloc(size, before === '' ? 'x' : before)
      const json = JSON.stringify({ before, payload: '', after })
      const whole = JSON.stringify({ before, payload: payload.toString('base64'), after })
      expect(withLargePayload(json, payload).equals(Buffer.from(whole))).toBe(true)
    }),
    { numRuns: 200 },
  )
})

const messageHooks = ['message.publish', 'message.delivered', 'message.acked', 'message.dropped'] as const

it.each(messageHooks)('%s is the same JSON on both sides of the limit', (hook) => {
  const event = EVENTS[hook]
  const jsonOf = (bytes: number) => {
    const payload = Buffer.alloc(bytes, 'état')
    const withPayload = { ...event, message: { ...event.message, payload } }
    const value = createBridgeFormat({ withEvent: true }).value(new RuleInput(withPayload, 't', NO_REQUEST))
    const fields = JSON.parse(value.toString()) as Record<string, unknown>
    expect(JSON.stringify(fields)).toBe(value.toString())
    expect(Buffer.from(String(fields.payload), 'base64').equals(payload)).toBe(true)
    return { ...fields, payload: '' }
  }
  expect(jsonOf(LARGE_PAYLOAD_BYTES)).toEqual(jsonOf(LARGE_PAYLOAD_BYTES - 1))
  expect(Object.keys(jsonOf(LARGE_PAYLOAD_BYTES))).toEqual(Object.keys(jsonOf(1)))
})
