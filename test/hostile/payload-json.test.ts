import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { compileCondition } from '../../src/rules/condition.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { parseEvent } from '../../src/rules/rule-tests/parse-event.ts'
import { compileTemplate } from '../../src/rules/template.ts'
import { EVENTS } from '../rules/sample-events.ts'
import { cpuMs } from './cpu-time.ts'
import { expectNothingPolluted } from './pollution.ts'

afterEach(expectNothingPolluted)

const publish = EVENTS['message.publish']
const inputOf = (payload: string) =>
  new RuleInput({ ...publish, message: { ...publish.message, payload: Buffer.from(payload) } }, publish.topic)
const filled = (template: string, payload: string) => compileTemplate(template)(inputOf(payload))
const holds = (when: string, payload: string) => compileCondition(when, ['message.publish'])(inputOf(payload))
const FAILED = { code: 'CONDITION_FAILED' }

const HOSTILE = {
  '10,000 levels': '['.repeat(10_000) + ']'.repeat(10_000),
  '10,000 levels of objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  '10 MB': `[${'1,'.repeat(5_000_000)}1]`,
  '256 KiB of empty objects': `[${'{},'.repeat(80_000)}{}]`,
  '256 KiB of keys': `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join()}}`,
  '256 KiB of numbers that no double holds': `[${'9007199254740993,'.repeat(15_000)}1]`,
  'a number of 200,000 digits': `{"a":${'9'.repeat(200_000)}}`,
  'no end': '{"a":{"a":',
} as const

describe('JSON in a payload', () => {
  it.each(Object.entries(HOSTILE))('of %s is looked into in bounded time', (_, payload) => {
    const started = cpuMs()
    const made = filled('${payload.a.b}${payload[0]}${payload[1].x}${payload.a}', payload)
    expect(typeof made).toBe('string')
    expect(holds('payload.a.b == 1.0 || payload[0] == 1.0', payload)).not.toBe(true)
    expect(cpuMs() - started).toBeLessThan(1_000)
  })

  it.each([
    ['1e400', '{"a":1e400}', 'Infinity'],
    ['a key that is there twice', '{"a":1,"a":2}', '2'],
    ['a lone surrogate', '{"a":"\\ud800x"}', '\ud800x'],
    ['a whole number beyond 2^53', '{"a":9007199254740993}', '9007199254740993'],
    ['nothing', '{}', ''],
  ])('with %s', (_, payload, expected) => {
    expect(filled('${payload.a}', payload)).toBe(expected)
  })
})

describe('a prototype', () => {
  const POLLUTING = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'

  it.each(['__proto__.polluted', 'constructor.name', 'toString', 'a.__proto__', 'length', 'a.constructor'])(
    'is no value of a payload: ${payload.%s} is missing',
    (path) => {
      expect(filled(`[\${payload.${path}}]`, '{"a":"text"}')).toBe('[]')
      expect(filled(`[\${payload[0].${path}}]`, '[[]]')).toBe('[]')
    },
  )

  it('is not changed by keys of its name, which are keys like any other', () => {
    expect(filled('${payload.__proto__.polluted}', POLLUTING)).toBe('1')
    expect(filled('${payload.constructor.prototype.polluted}', POLLUTING)).toBe('1')
  })

  it.each(['payload.constructor.name == "Object"', 'payload.__proto__ == null', 'payload.toString == 1.0'])(
    'is no value to a condition: %s cannot be told',
    (when) => {
      expect(holds(when, '{}')).toMatchObject(FAILED)
    },
  )

  it.each(['constructor', '__proto__', '\\u0063onstructor'])(
    'a key %s takes no condition from the rest of the payload',
    (key) => {
      for (const value of ['1', 'null', '"x"', '{"name":1}', '[]']) {
        const payload = `{"${key}":${value},"a":{"${key}":${value},"b":2},"l":[{"${key}":${value}}]}`
        expect(holds('payload.a.b == 2.0 && size(payload.l) == 1 && has(payload.a.b)', payload)).toBe(true)
        expect(holds('payload.l.exists(x, x == 1.0) || payload.a == payload.l', payload)).toBe(false)
      }
    },
  )

  it('is not changed by files', () => {
    const map = '{__proto__: {polluted: 1}, constructor: {prototype: {polluted: 1}}}'
    expect(() => readRules(`rules: [${map}]\n__proto__: ${map}`, 'r')).toThrow('there is no key')
    const json = `{"event":"message.publish","topic":"t","payload":{"__proto__":{"polluted":1}},"pub_props":{"__proto__":"x","User-Property":{"constructor":"y"}}}`
    const event = parseEvent(json, 'e')
    expect(event).toMatchObject({ payload: Buffer.from('{"__proto__":{"polluted":1}}') })
    const config = `kafka:\n  topics:\n    config: ${'{__proto__: x, constructor: y}'}\n__proto__: ${map}`
    expect(() => loadConfig({ argv: ['--config=c'], env: {}, readFile: () => config })).toThrow('__proto__')
  })
})
