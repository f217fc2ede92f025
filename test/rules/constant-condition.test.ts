import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HookPoint } from '../../src/hooks.ts'
import { compileCondition } from '../../src/rules/condition.ts'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { constantsOf } from '../../src/rules/constant-condition.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { EVENTS } from './sample-events.ts'

const ofRule = (
  hooks: HookPoint | HookPoint[],
  filters: readonly string[] | null = null,
  exclude: readonly string[] = [],
) => ({ hooks: [hooks].flat(), filters, exclude })

const publishing = ofRule('message.publish', ['devices/+/state'], ['devices/x/state'])
const fixed = ofRule('message.publish', ['a/b', 'a/c'])
const subscribing = ofRule('client.subscribe', ['devices/+/state'])
const presence = ofRule(['client.connected', 'client.disconnected'])

describe('a condition that cannot be otherwise', () => {
  it.each<[string, ReturnType<typeof ofRule>, boolean]>([
    ['qos > 2', publishing, false],
    ['qos == 5', publishing, false],
    ['qos in [3, 4]', publishing, false],
    ['qos >= 0', publishing, true],
    ['qos != 7', publishing, true],
    ['2 < qos', publishing, false],
    ['qos == 1 && qos == 2', publishing, false],
    ['qos == 0 || qos == 1 || qos == 2', publishing, true],
    ['payload.a == 1 && qos > 2', publishing, false],
    ['payload.a == 1 || !(qos > 2)', publishing, true],
    ['(qos > 2 || event == "client.connected") && payload.a == 1', publishing, false],
    ['rh > 2', subscribing, false],
    ['nl == 2 || rap == 2', subscribing, false],
    ['event == "message.delivered"', publishing, false],
    ['event == "message.publish"', publishing, true],
    ['event.startsWith("client.")', presence, true],
    ['event == "client.connect"', presence, false],
    ['peerport > 65535', presence, false],
    ['peerport > 65534.5 && peerport < 65535', presence, false],
    ['peerport >= 0', presence, true],
    ['peerport > -1', presence, true],
    ['timestamp < 0', publishing, false],
    ['is_superuser || !is_superuser', presence, true],
    ['topic == "devices/d1/command"', publishing, false],
    ['topic != "devices/d1/command"', publishing, true],
    ['topic == "devices/x/state"', publishing, false],
    ['topic in ["a", "b"]', publishing, false],
    ['topic == "a/b" || topic == "a/c"', fixed, true],
    ['topic.startsWith("b")', fixed, false],
    ['topic == "other/#"', subscribing, false],
    ['clientid == "a" && clientid == "b"', publishing, false],
    ['clientid == "a" || clientid != "a"', publishing, true],
    ['size([1]) == 1 || qos > 0', publishing, true],
  ])('%s', (text, rule, expected) => {
    expect(conditionProblem(text, rule.hooks)).toBeNull()
    expect(constantsOf(text, rule).whole).toBe(expected)
  })
})

it.each<[string, ReturnType<typeof ofRule>]>([
  ['qos > 0', publishing],
  ['qos == 1 || payload.a == 1', publishing],
  ['peerport > 65534', presence],
  ['peerport == 1883 || peerport == 8883', presence],
  ['peerport % 2 == 1', presence],
  ['timestamp > 1700000000000', publishing],
  ['event == "client.connected"', presence],
  ['topic == "devices/d1/state"', publishing],
  ['topic == "#"', subscribing],
  ['topic == "devices/#"', subscribing],
  ['topic == "a/b"', fixed],
  ['topic.startsWith("other/")', publishing],
  ['topic < "a"', publishing],
  ['clientid == ""', publishing],
  ['pub_props["a"] == "b"', publishing],
  ['[1, 2].exists(x, x == qos)', publishing],
])('%s depends on the event', (text, rule) => {
  expect(conditionProblem(text, rule.hooks)).toBeNull()
  expect(constantsOf(text, rule)).toEqual({ whole: null, parts: [] })
})

describe('the parts', () => {
  it.each<[string, (readonly [string, boolean, string | null])[]]>([
    ['payload.a == 1 && qos > 2', [['qos > 2', false, 'qos']]],
    ['payload.a == 1 || qos > 2', [['qos > 2', false, 'qos']]],
    ['payload.a == 1 && qos >= 0', [['qos >= 0', true, 'qos']]],
    ['1 > 2 || qos > 0', [['1 > 2', false, null]]],
    ['payload.a == 1 && !(payload.b == 1 || (qos == 3 || qos > 3))', [['qos == 3 || qos > 3', false, 'qos']]],
    [
      'qos > 5 || event == "client.connect"',
      [
        ['qos > 5', false, 'qos'],
        ['event == "client.connect"', false, 'event'],
      ],
    ],
  ])('of %s', (text, expected) => {
    const parts = constantsOf(text, publishing).parts.map(({ source, value, field }) => [
      source,
      value,
      field,
    ])
    expect(parts).toEqual(expected)
  })
})

it('is what the condition is, for every event', () => {
  const numbers = fc.constantFrom('-1', '0', '1', '2', '3', '1.5', '65534', '65535', '65536')
  const comparison = fc
    .tuple(
      fc.constantFrom('qos', 'rh', 'nl', 'sockport'),
      fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
      numbers,
    )
    .filter(([, operator, number]) => !(/=/.test(operator) && !/[<>]/.test(operator) && number.includes('.')))
    .map((parts) => parts.join(' '))
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      comparison,
      comparison.map((one) => `!(${one})`),
      fc
        .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
        .map(([a, by, b]) => `(${a} ${by} ${b})`),
    ),
  }))
  const options = fc.record({ qos: fc.nat(2), rh: fc.nat(2), rap: fc.nat(1), nl: fc.nat(1) })
  fc.assert(
    fc.property(expression, fc.array(options, { minLength: 5 }), (written, all) => {
      const text = written.replaceAll('sockport', 'timestamp')
      const { whole } = constantsOf(text, subscribing)
      if (whole === null) return
      const holds = compileCondition(text, ['client.subscribe'])
      for (const [index, one] of all.entries()) {
        const event = {
          ...EVENTS['client.subscribe'],
          filters: [{ name: 'a', options: one }],
          receivedAtMs: index * 30_000,
        }
        expect(holds(new RuleInput(event, 'a'))).toBe(whole)
      }
    }),
    { numRuns: 300 },
  )
})
