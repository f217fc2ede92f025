import { describe, expect, it } from 'vitest'
import type { HookPoint } from '../../src/hooks.ts'
import { compileCondition } from '../../src/rules/condition.ts'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { untoldParts } from '../../src/rules/untold-parts.ts'
import { EVENTS } from './sample-events.ts'

const publish = EVENTS['message.publish']
const PAYLOADS = ['{"d":"2024-01-01T00:00:00Z","a":2}', '{"d":1}', '[1,2]']
const inputs = PAYLOADS.map(
  (payload) =>
    new RuleInput({ ...publish, message: { ...publish.message, payload: Buffer.from(payload) } }, 'a/b/c'),
)
const outcomes = (text: string) => inputs.map(compileCondition(text, ['message.publish']))
const failed = expect.objectContaining({ code: 'CONDITION_FAILED' })

describe('a condition that can never be told is a mistake', () => {
  it.each<[string, number, string]>([
    ['1 / 0 == 1', 0, '`1 / 0` can never be told: nothing can be divided by 0'],
    ['qos / 0 == 1', 0, '`qos / 0` can never be told: nothing can be divided by 0'],
    ['timestamp % (1 - 1) == 1', 0, '`timestamp % (1 - 1)` can never be told: nothing can be divided by 0'],
    ['int("abc") == 1', 0, '`int("abc")` can never be told: that is no int, write one'],
    [
      'duration("xx") > duration("1s")',
      0,
      '`duration("xx")` can never be told: write one as in `duration("5m")`',
    ],
    ['[1,2,3][5] == 1', 0, '`[1,2,3][5]` can never be told: there is no such item'],
    ['[qos, 3][2] == 1', 0, '`[qos, 3][2]` can never be told: there is no such item'],
    ['{"a":1}["b"] == 1', 0, '`{"a":1}["b"]` can never be told: there is no such item'],
    [
      'clientid.substring(3, 1) == "x"',
      0,
      '`clientid.substring(3, 1)` can never be told: it ends before it begins, or outside of the text',
    ],
    ['topic.split("/")[-1] == "c"', 0, '`topic.split("/")[-1]` can never be told: there is no such item'],
    [
      'timestamp(payload.d) > timestamp("2024-01-01")',
      23,
      '`timestamp("2024-01-01")` can never be told: write a time as in `timestamp("2024-01-01T00:00:00Z")`',
    ],
    [
      'timestamp(timestamp / 1000).getHours("Berlin") > 1',
      0,
      '`timestamp(timestamp / 1000).getHours("Berlin")` can never be told: there is no such time zone, write one as in `"Europe/Berlin"`',
    ],
    [
      'payload.d.getHours() > 1',
      0,
      '`payload.d.getHours()` can never be told: JSON has no times, write `timestamp(payload.d).getHours()`',
    ],
    [
      'payload.d > timestamp("2024-01-01T00:00:00Z")',
      0,
      '`payload.d > timestamp("2024-01-01T00:00:00Z")` can never be told: JSON has no times, write `timestamp(payload.d)` there',
    ],
  ])('%s', (text, at, message) => {
    expect(conditionProblem(text, ['message.publish'])).toEqual({ at, message })
    expect(outcomes(text)).toEqual([failed, failed, failed])
  })

  it('or one that is always the same, where JSON is compared with a time', () => {
    const at = 'timestamp("2024-01-01T00:00:00Z")'
    expect(conditionProblem(`payload.d == ${at}`, ['message.publish'])?.message).toBe(
      `\`payload.d == ${at}\` is never true: JSON has no times, write \`timestamp(payload.d)\` there`,
    )
    expect(outcomes(`payload.d == ${at}`)).toEqual([false, false, failed])
  })

  it('beside what can be told too', () => {
    expect(conditionProblem('qos == 1 || 1/0 == 1', ['message.publish'])).toEqual({
      at: 12,
      message: '`1/0` can never be told: nothing can be divided by 0',
    })
  })
})

describe('a part that no event of the rule can tell', () => {
  const rule = (hooks: HookPoint, filters: readonly string[] | null) => ({
    hooks: [hooks],
    filters,
    exclude: [],
  })
  const three = ', as the filters take topics of 3 levels at most'

  it.each<[string, ReturnType<typeof rule>, { source: string; why: string }[]]>([
    [
      'qos > 0 && topic.split("/")[3] == "c"',
      rule('message.publish', ['a/+/c', 'b']),
      [{ source: 'topic.split("/")[3]', why: three }],
    ],
    [
      'event.split(".")[2] == "x"',
      rule('message.publish', null),
      [{ source: 'event.split(".")[2]', why: '' }],
    ],
    ['int(topic) > 1', rule('message.publish', ['a', 'b']), [{ source: 'int(topic)', why: '' }]],
    ['topic.split("/")[2] == "c"', rule('message.publish', ['a/+/c']), []],
    ['topic.split("/")[3] == "c"', rule('message.publish', ['a/#']), []],
    ['topic.split("/")[3] == "c"', rule('message.publish', null), []],
    ['topic.split("/")[3] == "c"', rule('client.subscribe', ['a/+/c']), []],
    ['event.split(".")[1] == "publish"', rule('message.publish', null), []],
    ['10 / qos > 5', rule('message.publish', null), []],
    ['int(topic) > 1', rule('message.publish', ['a', '1']), []],
    ['payload.l.exists(event, event[0] == 1)', rule('message.publish', null), []],
  ])('%s', (text, of, expected) => {
    expect(conditionProblem(text, of.hooks)).toBeNull()
    expect(untoldParts(text, of)).toEqual(expected)
  })
})

it.each([
  'int(clientid) > 3',
  'clientid.substring(3, 5) == "abc"',
  'topic.split("/")[1] == "b"',
  'timestamp(payload.d) > timestamp("2024-01-01T00:00:00Z")',
  'timestamp(timestamp / 1000).getHours("Europe/Berlin") > 1',
  'timestamp(timestamp / 1000) - timestamp(payload.d) > duration("5m")',
  'payload.d.size() > 1',
  'payload.a / 2.0 > 0.5',
  'payload.a / 0.0 > 0.5',
  '1 / qos == 1',
  '{"a": 1}["a"] == qos',
  'double("1.5") > payload.a',
])('%s may be told', (text) => {
  expect(conditionProblem(text, ['message.publish'])).toBeNull()
})
