import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../src/rules/condition.ts'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { ALONE, type RuleError } from '../../src/rules/surroundings.ts'
import { EVENTS } from '../rules/sample-events.ts'
import { cpuMs } from './cpu-time.ts'

const BYTES = 250 * 1024
const publish = EVENTS['message.publish']
/** What all conditions of an event take at worst is some 50 ms of an idle core; of a busy one more, as others take its cache. */
const MAX_MS = 400
/** It was 600 MB; what is left is mostly garbage that nobody has collected yet. */
const MAX_BYTES = 100 * 1024 * 1024

/** JSON with two members of the same kind, `l` and `m`, together as long as a payload may be that is looked into. */
function payloadOf(item: (i: number) => string, open: string, close: string): string {
  const items: string[] = []
  for (let bytes = 0; bytes < BYTES / 2; bytes += (items.at(-1) as string).length + 1)
    items.push(item(items.length))
  const list = `${open}${items.join(',')}${close}`
  return `{"l":${list},"m":${list}}`
}

const LONG = BYTES / 2
const PAYLOADS = {
  numbers: payloadOf(() => '1', '[', ']'),
  texts: payloadOf(() => '""', '[', ']'),
  'empty objects': payloadOf(() => '{}', '[', ']'),
  keys: payloadOf((i) => `"${i.toString(36)}":1`, '{', '}'),
  'nested lists': payloadOf(() => `${'['.repeat(20)}${']'.repeat(20)}`, '[', ']'),
  'a text': `{"l":"${'a'.repeat(LONG)}","m":"${'a'.repeat(LONG)}"}`,
  'a text of digits': `{"l":"${'9'.repeat(LONG)}","m":"${'9'.repeat(LONG)}"}`,
  'a text of dots': `{"l":"${'1.'.repeat(LONG / 2)}","m":"${'h'.repeat(LONG)}"}`,
} as const

const inputs = Object.entries(PAYLOADS).map(([name, payload]) => {
  const event = { ...publish, message: { ...publish.message, payload: Buffer.from(payload) } }
  return [name, () => new RuleInput(event, publish.topic)] as const
})
const many = (part: string, between: string, count: number) => Array(count).fill(part).join(between)
const keyed = (part: string, count: number) =>
  Array.from({ length: count }, (_, i) => `"${i}": ${part}`).join(', ')

describe('a condition that is taken', () => {
  it.each([
    'payload.l == payload.m',
    many('payload.l == payload.m', ' && ', 60),
    many('payload == payload', ' && ', 100),
    `size(${many('payload.l', ' + ', 11)}) > 0`,
    'payload.l.all(x, x != payload.m)',
    'payload.l.all(x, has(x.a.b) || x.c == payload.m)',
    many('payload.l.exists(x, x == 2.0)', ' || ', 50),
    'payload.l.map(x, x).map(x, x).filter(x, x > 0.0).size() > 0',
    'payload.l.map(x, x > 0.0, x.a).size() > 0',
    'payload.l.map(x, x == payload.m ? "large" : "small").join(",") == ""',
    `(${many('payload.l', ' + ', 11)}).exists(x, x == 2.0)`,
    `(${many('payload.l', ' + ', 11)}).exists(x, x == payload.m)`,
    `payload.l${' + [1.0]'.repeat(10)} == payload.m`,
    `[${many('payload.l', ', ', 200)}].exists(x, x != payload.m)`,
    `[${many('payload.l', ', ', 100)}] == [${many('payload.m', ', ', 100)}]`,
    `{${keyed('payload.l', 60)}} == {${keyed('payload.m', 60)}}`,
    `[${many('payload.l', ', ', 200)}].join("").size() > 1`,
    many('size(payload.l) > 0', ' && ', 70),
    many('payload.l.upperAscii() == payload.l.trim()', ' || ', 40),
    many('payload.l.split("").size() > 1', ' && ', 40),
    'payload.l.split("").exists(x, x == "b")',
    many('double(payload.l) > 0.0', ' || ', 60),
    many('int(payload.l) > 0', ' || ', 60),
    many('timestamp(payload.l) > timestamp("2020-01-01T00:00:00Z")', ' || ', 30),
    many('1.0 in payload.l', ' && ', 60),
    many(`payload.l.contains("${'a'.repeat(1000)}b")`, ' || ', 60),
    many('bytes(payload.l).size() > 1', ' || ', 60),
    many('type(payload.l) == type(payload.m)', ' && ', 40),
    'payload.l.join(",") == payload.m.join("")',
  ])('%.60s', (when) => {
    expect(conditionProblem(when, ['message.publish'])).toBeNull()
    const holds = compileCondition(when, ['message.publish'])
    const worst = inputs.map(([name, input]) => {
      // The first evaluation is the compiler's; parsing has a bound of its own.
      const fresh = input()
      fresh.celPayload()
      const started = cpuMs()
      const before = process.memoryUsage().rss
      holds(fresh)
      return { name, ms: cpuMs() - started, bytes: process.memoryUsage().rss - before }
    })
    expect(worst.filter(({ ms, bytes }) => ms > MAX_MS || bytes > MAX_BYTES)).toEqual([])
  })

  it('shares its time with all others of the event', () => {
    const count = 300
    const rules = Array.from(
      { length: count },
      (_, i) =>
        `  - {name: r${i}, hook: message.publish, topic: t, when: 'payload.l.exists(x, x == 2.0) || qos == 1'}\n`,
    )
    const set = parseRules(`rules:\n${rules.join('')}`, 'r')
    const errors: RuleError[] = []
    const apply = (payload: string) => {
      const event = { ...publish, message: { ...publish.message, payload: Buffer.from(payload) } }
      return set.apply(event, undefined, { ...ALONE, onError: (_, error) => void errors.push(error) }).length
    }
    const started = cpuMs()
    expect(apply(PAYLOADS.numbers)).toBe(0)
    expect(cpuMs() - started).toBeLessThan(2 * MAX_MS)
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set(['the conditions of this event would take too long: it is too large for them']),
    )
    errors.length = 0
    expect(apply('{"l":[1,3,4,5,6,7,8,9,10,11],"m":1}')).toBe(count)
    expect(errors).toEqual([])
  })
})

describe('a condition that is refused when the rules are read', () => {
  it.each([
    ['payload.l.matches("(a+)+$")', 'a device can make a regular expression run for minutes'],
    ['duration(payload.l) > duration("1s")', '`duration` needs a text that is written out'],
    ['payload.l.join(payload.m) == ""', '`join` needs a text that is written out'],
    ['bytes(bytes(payload.l).hex()).hex() == ""', '`hex` is not supported'],
    ['bytes(payload.l).base64() == ""', '`base64` is not supported'],
    ['bytes(payload.l).json() == payload', '`json` is not supported'],
    ['timestamp(0).getHours(payload.l) == 1', '`getHours` needs a time zone that is written out'],
    [`size(${many('payload.l', ' + ', 12)}) > 0`, 'more than 10 `+` of what a device sends'],
    ['payload.l.all(x, payload.m.all(y, x == y))', '`all` may only compare each item'],
    ['payload.l.all(x, payload.l == payload.m)', 'within `all`, compare the item with something'],
    ['payload.l.map(x, [x, x, x]).size() > 0', '`map` may only compare each item'],
    ['payload.l.map(x, payload.m).exists(y, y == payload.l)', '`map` may only make something of the item'],
    ['payload.l.map(x, payload.s).join(",") == "x"', '`map` may only make something of the item'],
    ['payload.l.map(x, x > 1.0, payload).size() > 0', '`map` may only make something of the item'],
    ['payload.l.map(x, x > 1.0 ? payload.m : x).size() > 0', '`map` may only make something of the item'],
    ['payload.l.map(x, clientid).size() > 0', '`map` may only make something of the item'],
    [`payload.l.map(x, "${'a'.repeat(33)}").join("") == ""`, 'a text of up to 32 characters'],
    [`payload.l.join("${'a'.repeat(33)}") == ""`, '`join` takes at most 32 characters'],
    [`size(payload.l${' + [1.0]'.repeat(11)}) > 0`, 'more than 10 `+` of what a device sends'],
    ['payload.l in payload.m', '`in` needs a value or a list that is written out'],
    ['('.repeat(1_000_000), 'nested more than 50 levels deep'],
    ['!'.repeat(1_000_000), 'it is nested too deeply'],
    [many('true', ' || ', 100_000), 'more than 500 parts'],
    [`qos in [${many('1', ',', 100_000)}]`, 'more than 500 parts'],
    [`"${'a'.repeat(1_000_000)}`, 'this text is not closed'],
  ])('%.60s', (when, message) => {
    const started = cpuMs()
    expect(conditionProblem(when, ['message.publish'])?.message).toContain(message)
    expect(cpuMs() - started).toBeLessThan(MAX_MS)
  })
})
