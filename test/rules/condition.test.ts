import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../src/rules/condition.ts'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { ALONE, type RuleError } from '../../src/rules/surroundings.ts'
import { EVENTS } from './sample-events.ts'

const publish = EVENTS['message.publish']
const withPayload = (payload: string | Buffer) => ({
  ...publish,
  message: { ...publish.message, payload: Buffer.from(payload) },
})

/** The outcome for a publish with this payload; the code of an error. */
function outcome(text: string, payload: string | Buffer = '{"battery":12.5}') {
  expect(conditionProblem(text, ['message.publish'])).toBeNull()
  const event = withPayload(payload)
  return compileCondition(text, ['message.publish'])(new RuleInput(event, event.topic))
}

describe('a condition', () => {
  it.each<[string, string, boolean]>([
    ['qos > 0 && clientid.startsWith("c") && payload.battery < 20.0', '{"battery":12.5}', true],
    ['qos > 0 && clientid.startsWith("x") && payload.battery < 20.0', '{"battery":12.5}', false],
    ['payload.battery < 20', '{"battery":19}', true],
    ['payload.battery == 20', '{"battery":20.0}', true],
    ['payload.n > qos', '{"n":2}', true],
    ['has(payload.battery) && payload.battery < 20', '{}', false],
    ['payload.a.b[1].c == "x"', '{"a":{"b":[0,{"c":"x"}]}}', true],
    ['payload.open', '{"open":true}', true],
    ['payload == 7', '7', true],
    ['payload == null', 'null', true],
    ['payload.kind in ["a", "b"]', '{"kind":"b"}', true],
    ['"x" in payload.tags', '{"tags":["x"]}', true],
    ['payload.alarms.exists(a, a.level >= 3 && has(a.open))', '{"alarms":[{"level":3,"open":true}]}', true],
    ['payload.list.all(x, x < 3.0)', '{"list":[1,2]}', true],
    ['payload.nothing == 1 || qos == 1', '{}', true],
    ['topic == "devices/d1/state" && node.endsWith("127.0.0.1")', '{}', true],
    ['timestamp - publish_received_at < 1000', '{}', true],
    ['pub_props["Session-Expiry-Interval"] == "60"', '{}', true],
    ['"User-Property" in pub_props', '{}', false],
    ['from == "publisher" && event == "message.publish"', '{}', true],
    ['payload_encoding == ""', '{}', true],
    ['payload.__proto__.x == 1', '{"__proto__":{"x":1}}', true],
    ['has(payload.constructor)', '{}', false],
  ])('%s of %s is %s', (text, payload, expected) => {
    expect(outcome(text, payload)).toBe(expected)
  })

  it.each<[string, string | Buffer, RegExp]>([
    ['payload.battery < 20', '{}', /^no such key, at character 9 of `when`$/],
    ['payload.battery < 20', 'no JSON', /^the payload is no JSON$/],
    ['payload.battery < 20', Buffer.of(0xff), /^the payload is no JSON$/],
    ['payload.battery < 20', '{"battery":"full"}', /^no such overload/],
    [
      '(has(payload.battery) ? payload.battery : 0) + 1 == 20',
      '{"battery":19}',
      /^no such overload, at character 2 of `when`: a number of JSON is a double, calculate with doubles, as in `1\.0`/,
    ],
    [
      'payload.battery + payload.x > 1',
      '{"battery":19,"x":"a"}',
      /^no such overload, at character 1 of `when`$/,
    ],
    ['payload.constructor.name == "x"', '{}', /^no such key/],
    ['payload.a[0] == 1', '{"a":{}}', /^no such key/],
    ['payload.open', '{"open":"yes"}', /^it made a value that is neither true nor false$/],
    ['payload[payload.k] == 1', '{"k":"s3cret"}', /^no such key, at character \d+ of `when`$/],
    ['int(payload.k) == 1', '{"k":"s3cret"}', /^[a-z ]+, at character 1 of `when`$/],
  ])('%s of %s cannot be told, and says nothing of what was sent', (text, payload, message) => {
    const error = outcome(text, payload) as RuleError
    expect(error.code).toBe('CONDITION_FAILED')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('s3cret')
  })

  it('leaves the depth of stacks as it was', () => {
    const limit = Error.stackTraceLimit
    outcome('payload.x == 1', '{}')
    expect(Error.stackTraceLimit).toBe(limit)
  })

  it('never throws, whatever the payload', () => {
    const texts = [
      'payload.a < 20',
      'payload.exists(x, x == 1)',
      'size(payload) > 1',
      'string(payload.a) == "1"',
      'payload[0].a[1] == payload.b',
      'payload.a == payload.b',
      'timestamp(payload.a).getFullYear() == 2020',
    ]
    const payloads = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ a: value, b: value })),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(payloads, fc.constantFrom(...texts), (payload, text) => {
        const result = outcome(text, payload)
        expect(typeof result === 'boolean' || result.code === 'CONDITION_FAILED').toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes a bounded time over a hostile payload', () => {
    const ones = (count: number) => `{"l":[${'1,'.repeat(count)}1],"s":"${'a'.repeat(10)}"}`
    const text = 'payload.l.all(x, x == 1 && x < 2.0 && has(payload.s))'
    expect(outcome(text, ones(5_000))).toBe(true)
    const started = performance.now()
    expect(outcome(text, ones(120_000))).toEqual({
      code: 'CONDITION_FAILED',
      message: 'the conditions of this event would take too long: it is too large for them',
    })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it.each([
    ['larger than 256 KiB', 'JSON_TOO_LARGE', JSON.stringify({ a: 'x'.repeat(256 * 1024) })],
    ['nested more than 200 levels deep', 'JSON_TOO_DEEP', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`],
    ['nested more than 200 levels deep', 'JSON_TOO_DEEP', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ])('says of a payload that it is %s, so that it is not looked into', (why, code, payload) => {
    const message = `the payload is ${why}, so it is not looked into`
    expect(outcome('payload.a == 1', payload)).toEqual({ code, message })
    expect(outcome('payload.a == 1 || qos == 1', payload)).toBe(true)
  })

  it('looks into one that is as large, or as deep, as is allowed', () => {
    const largest = JSON.stringify({ a: 1, b: 'x'.repeat(256 * 1024 - 14) })
    expect(largest).toHaveLength(256 * 1024)
    expect(outcome('payload.a == 1', largest)).toBe(true)
    expect(outcome('payload.a == 1', `{"a":1,"b":${'['.repeat(199)}${']'.repeat(199)}}`)).toBe(true)
  })
})

describe('in a rule', () => {
  const rules = parseRules(
    `rules:
  - {name: low, hook: message.publish, topic: low, when: payload.battery < 20}
  - {name: all, hook: message.publish, topic: all}
  - {name: came, hook: [client.connected, session.created], topic: came, when: 'cn != ""'}
`,
    'r',
  )

  it('chooses the events, and an error is told and counts as no', () => {
    const errors: string[] = []
    const around = {
      ...ALONE,
      onError: (name: string, { code }: RuleError) => void errors.push(`${name} ${code}`),
    }
    const topics = (payload: string) =>
      rules.apply(withPayload(payload), undefined, around).map(({ topic }) => topic)
    expect(['{"battery":19}', '{"battery":20}', '{}', 'x'].map(topics)).toEqual([
      ['low', 'all'],
      ['all'],
      ['all'],
      ['all'],
    ])
    expect(errors).toEqual(['low CONDITION_FAILED', 'low CONDITION_FAILED'])
    expect(rules.apply(EVENTS['client.connected'])).toHaveLength(1)
  })
})
