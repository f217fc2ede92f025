import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareHooks, neededHooks } from '../../src/emqx/compare-hooks.ts'
import { parseRules } from '../../src/rules/load-rules.ts'

const known = (hooks: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(hooks).map(([name, topics]) => ({ name, topics }))
const needed = (hooks: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(hooks))

describe('what EMQX knows', () => {
  it.each([
    [{}, {}],
    [{ 'client.connected': [] }, { 'client.connected': [] }],
    [{ 'message.publish': ['b', 'a/+'] }, { 'message.publish': ['a/+', 'b'] }],
  ])('%j is the same as %j', (has, wants) => {
    expect(compareHooks(known(has), needed(wants))).toEqual({ state: 'same' })
  })

  it.each([
    [{}, { 'client.connected': [] }, 'client.connected is not registered', true],
    [{ 'client.connected': [] }, {}, 'client.connected is registered and no rule needs it', false],
    [
      { 'message.publish': ['a'] },
      { 'message.publish': [] },
      'message.publish has filters (a) and is needed for every topic',
      true,
    ],
    [
      { 'message.publish': [] },
      { 'message.publish': ['a'] },
      'message.publish has no filters and is needed for a only',
      false,
    ],
    [{ 'message.publish': ['a'] }, { 'message.publish': ['a', 'b'] }, 'message.publish lacks b', true],
    [
      { 'message.publish': ['a', 'b'] },
      { 'message.publish': ['a'] },
      'message.publish has b, which no rule needs',
      false,
    ],
    [
      { 'message.publish': ['a/#'] },
      { 'message.publish': ['a/+'] },
      'message.publish lacks a/+; has a/#, which no rule needs',
      false,
    ],
  ])('%j differs from %j', (has, wants, what, losesEvents) => {
    const comparison = compareHooks(known(has), needed(wants))
    const differences = comparison.state === 'differs' ? comparison.differences : []
    expect(differences.map((one) => [`${one.hook} ${one.what}`, one.losesEvents])).toEqual([
      [what, losesEvents],
    ])
  })

  it('is the same as itself in any order, and differs as soon as a filter goes', () => {
    const filters = fc.uniqueArray(fc.constantFrom('a', 'b', 'a/+', 'c/#', '#'), { minLength: 1 })
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('message.publish', 'message.acked'), filters), (hooks) => {
        const turned = known(hooks).map(({ name, topics }) => ({ name, topics: topics.toReversed() }))
        expect(compareHooks(turned.toReversed(), needed(hooks)).state).toBe('same')
        for (const [name, topics] of Object.entries(hooks)) {
          const less = known({ ...hooks, [name]: topics.slice(1) })
          expect(compareHooks(less, needed(hooks)).state).toBe('differs')
        }
      }),
    )
  })
})

it('names twenty filters at most', () => {
  const many = Array.from({ length: 1000 }, (_, i) => `a/${i}`)
  const comparison = compareHooks(known({ 'message.publish': ['b'] }), needed({ 'message.publish': many }))
  const [only] = comparison.state === 'differs' ? comparison.differences : []
  expect(only?.what).toMatch(/^lacks a\/0, .*a\/19 and 980 more; has b, which no rule needs$/)
  expect(only?.missing).toHaveLength(1000)
})

describe('the hooks needed of a version', () => {
  const { interests } = parseRules(
    'rules:\n  - {hook: [client.authenticate, client.connected], topic: t}\n  - {hook: message.ingress, topic: t}\n  - {hook: message.publish, filter: a, topic: t}\n',
    'r',
  )
  it.each([
    ['5.8.9', ['client.connected', 'message.publish']],
    ['', ['client.connected', 'message.publish']],
    ['5.9.0', ['client.connected', 'client.authenticate', 'message.publish']],
    ['6.3.0', ['client.connected', 'client.authenticate', 'message.publish', 'message.ingress']],
  ])('%s are those it knows', (version, hooks) => {
    expect([...neededHooks(interests, version).keys()]).toEqual(hooks)
    expect(neededHooks(interests, version).get('message.publish')).toEqual(['a'])
  })
})
