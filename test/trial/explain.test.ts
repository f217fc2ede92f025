import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRules } from '../../src/rules/load-rules.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { createExplain } from '../../src/trial/explain.ts'
import { filters, topics } from '../rules/arbitraries.ts'
import { callOf } from './hook-calls.ts'

const file = (...rules: string[]) => `rules:\n${rules.map((rule) => `  - {${rule}}\n`).join('')}`

const RULES = file(
  'name: yes, hook: message.publish, filter: a/#, topic: t',
  'name: off, hook: message.publish, topic: t, enabled: false',
  'name: hook, hook: message.acked, filter: a/#, topic: t',
  'name: filter, hook: message.publish, filter: b/#, topic: t',
  'name: exclude, hook: message.publish, filter: a/#, exclude: a/b, topic: t',
  'name: when, hook: message.publish, topic: t, when: qos > 1',
  'name: failed, hook: message.publish, topic: t, when: payload.battery < 20.0',
  'name: dead, hook: message.publish, topic: "t.${payload.x}", allow: [t.*]',
)

describe('of each rule', () => {
  const explain = createExplain(readRules(RULES, 'rules.yaml'))
  const { outcomes, records } = explain(callOf({ event: 'message.publish', topic: 'a/b', payload: 'on' }))

  it('says why it made nothing', () => {
    expect(outcomes.map(({ rule, reason }) => [rule.name, reason])).toEqual([
      ['yes', null],
      ['off', 'disabled'],
      ['hook', 'hook'],
      ['filter', 'filter'],
      ['exclude', 'exclude'],
      ['when', 'when'],
      ['failed', 'when-failed'],
      ['dead', null],
    ])
  })

  it('tells the errors', () => {
    const errors = outcomes.flatMap(({ rule, errors: own }) => own.map(({ code }) => [rule.name, code]))
    expect(errors).toEqual([
      ['failed', 'CONDITION_FAILED'],
      ['dead', 'TOPIC_MISSING_FIELD'],
    ])
    expect(records.map(({ topic }) => topic)).toEqual(['t', 'exhook.dead-letters'])
  })
})

it('looks at each filter of a client.subscribe', () => {
  const rules = readRules(file('hook: client.subscribe, filter: a/#, topic: t'), 'rules.yaml')
  const [outcome] = createExplain(rules)(
    callOf({ event: 'client.subscribe', topic: ['x', 'a/b', 'a/c'] }),
  ).outcomes
  expect(outcome).toMatchObject({ reason: null, records: [{}, {}] })
})

it('makes the records of RuleSet.apply, for any filters and topic', () => {
  const some = fc.array(fc.tuple(filters, fc.array(filters, { maxLength: 2 })), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(some, topics, (wanted, topic) => {
      const usable = wanted.filter(([one]) => !one.startsWith('$SYS/'))
      fc.pre(usable.length > 0)
      const rules = usable.map(([filter, exclude], index) =>
        JSON.stringify({
          hook: 'message.publish',
          filter,
          ...(exclude.length > 0 && { exclude: [...new Set(exclude)] }),
          topic: `t${index}`,
        }),
      )
      const text = `rules: [${rules.join(',')}]`
      const call = callOf({ event: 'message.publish', topic })
      const { outcomes, records } = createExplain(readRules(text, 'r'))(call)
      expect(records.map((one) => one.topic)).toEqual(
        parseRules(text, 'r')
          .apply(call.event)
          .map((one) => one.topic),
      )
      for (const { rule, reason } of outcomes)
        expect(reason === null).toBe(records.some((record) => record.rule === rule.name))
    }),
  )
})
