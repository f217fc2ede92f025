import { describe, expect, it } from 'vitest'
import { combinePolicies, DEFAULT_POLICY, type Policy, policyWarnings } from '../../src/rules/policy.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { mistakesOf, rule } from './mistakes.ts'

const ruleFor = (hook: string, ...lines: string[]): string =>
  ['rules:', `  - hook: ${hook}`, '    topic: t', ...lines.map((line) => `    ${line}`), ''].join('\n')

const policyOf = (hook: string, ...lines: string[]): Policy | undefined =>
  readRules(ruleFor(hook, ...lines), 'rules.yaml')[0]?.policy

const PUBLISH = 'message.publish'

describe('the policy of a rule', () => {
  it.each<[string, string[], Partial<Policy>]>([
    [PUBLISH, [], {}],
    [PUBLISH, ['reply: queued'], {}],
    [PUBLISH, ['reply: delivered'], { reply: 'delivered' }],
    [PUBLISH, ['reply: delivered', 'on_timeout: reject'], { reply: 'delivered', onTimeout: 'reject' }],
    [PUBLISH, ['on_timeout: reject'], { onTimeout: 'reject' }],
    [PUBLISH, ['overflow: wait', 'on_timeout: accept'], { overflow: 'wait' }],
    [PUBLISH, ['overflow: reject'], { overflow: 'reject' }],
    ['message.ingress', ['overflow: reject'], { overflow: 'reject' }],
    [
      'client.connected',
      ['overflow: drop-oldest', 'priority: low'],
      { overflow: 'drop-oldest', priority: 'low' },
    ],
    ['client.connected', ['reply: delivered'], { reply: 'delivered' }],
    ['message.acked', ['reply: delivered', 'priority: normal'], { reply: 'delivered', priority: 'normal' }],
  ])('on %s with %j', (hook, lines, expected) => {
    expect(policyOf(hook, ...lines)).toEqual({ ...DEFAULT_POLICY, ...expected })
  })

  it.each([
    ['client.connected', ['overflow: reject'], '4:15', 'nothing can be rejected on client.connected'],
    [
      '[message.publish, message.acked]',
      ['on_timeout: reject'],
      '4:17',
      'nothing can be rejected on message.acked',
    ],
    [
      'client.authenticate',
      ['reply: delivered'],
      '4:12',
      'a client would wait for Kafka at client.authenticate',
    ],
    ['client.authorize', ['reply: delivered'], '4:12', 'a client would wait for Kafka at client.authorize'],
    ['client.authorize', ['reply: stored'], '4:12', 'a client would wait for the disk at client.authorize'],
    [PUBLISH, ['reply: delivred'], '4:12', 'did you mean `delivered`?'],
    [PUBLISH, ['priority: urgent'], '4:15', 'use low, normal, high'],
    [PUBLISH, ['overflow: drop-newest', 'on_timeout: reject'], '5:17', 'nothing waits: remove it'],
  ])('on %s refuses %j', (hook, lines, place, text) => {
    const mistakes = mistakesOf(ruleFor(hook, ...lines))
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(`${place}: `)
    expect(mistakes[0]).toContain(text)
  })

  it('warns when the client itself would wait', () => {
    const hooks = ['client.connect', 'message.acked', 'session.subscribed', PUBLISH] as const
    expect(policyWarnings({ ...DEFAULT_POLICY, reply: 'delivered' }, hooks)).toEqual([
      '`reply: delivered` on message.acked holds up the subscriber until Kafka has the record',
      '`reply: delivered` on client.connect, session.subscribed holds up the client until Kafka has the record',
    ])
    const ingress = policyWarnings({ ...DEFAULT_POLICY, reply: 'stored' }, [PUBLISH, 'message.ingress'])
    expect(ingress).toEqual([])
  })

  it('warns when the subscriber would wait', () => {
    expect(policyWarnings({ ...DEFAULT_POLICY, reply: 'delivered' }, ['message.acked', PUBLISH])).toEqual([
      '`reply: delivered` on message.acked holds up the subscriber until Kafka has the record',
    ])
    expect(policyWarnings({ ...DEFAULT_POLICY, reply: 'stored' }, ['message.delivered'])).toEqual([
      '`reply: stored` on message.delivered holds up the subscriber until the record is on disk',
    ])
    expect(policyWarnings(DEFAULT_POLICY, ['message.acked'])).toEqual([])
  })
})

it('names the choices where a number is written', () => {
  expect(mistakesOf(rule('priority: 5'))).toEqual([
    '4:15: `priority` must be one of low, normal, high, not the number `5`',
  ])
})

describe('the policy of an event of several rules', () => {
  const combined = (...policies: Partial<Policy>[]) =>
    combinePolicies(policies.map((policy) => ({ ...DEFAULT_POLICY, ...policy })))

  it('is that of the slowest reply, of the most careful overflow, and rejects when one does', () => {
    expect(combined({}, { reply: 'delivered' }).reply).toBe('delivered')
    expect(combined({ reply: 'stored' }, { reply: 'delivered' }).reply).toBe('delivered')
    expect(combined({}, { reply: 'stored' }).reply).toBe('stored')
    expect(combined({ overflow: 'drop-newest' }, { overflow: 'wait' }).overflow).toBe('wait')
    expect(combined({ overflow: 'drop-newest' }, { overflow: 'drop-oldest' }).overflow).toBe('drop-oldest')
    expect(combined({ overflow: 'drop-newest' }, {}).overflow).toBe('by-qos')
    expect(combined({}, { onTimeout: 'reject' }).onTimeout).toBe('reject')
    expect(combined({ overflow: 'wait' }, { overflow: 'reject' })).toMatchObject({
      overflow: 'wait',
      onTimeout: 'reject',
    })
  })

  it('is that of the rule when there is one, and the default without any', () => {
    const policy = { ...DEFAULT_POLICY }
    expect(combinePolicies([policy, policy])).toBe(policy)
    expect(combinePolicies([])).toBe(DEFAULT_POLICY)
  })
})
