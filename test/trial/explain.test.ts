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

describe('of a client.subscribe with several topic filters', () => {
  const explain = createExplain(
    readRules(
      file(
        'name: r, hook: client.subscribe, filter: [a/#, b/+], exclude: [x/#, a/x/#], topic: t, when: clientid == "c"',
        'name: all, hook: client.subscribe, topic: "${topic[0]}", allow: [a]',
        'name: off, hook: client.subscribe, topic: t, enabled: false',
      ),
      'rules.yaml',
    ),
  )
  const event = {
    event: 'client.subscribe',
    clientid: 'c',
    topic: ['x', 'a/x/1', 'a/b', '#', '$share/g/b/c'],
  }

  it('tells of each filter what became of it, and which `exclude` covers it', () => {
    const [rule, all, off] = explain(callOf(event)).outcomes
    const told = rule?.topics.map(({ topic, reason, excludedBy, records }) => [
      ...[topic, reason, excludedBy, records.length],
    ])
    expect(told).toEqual([
      ['x', 'filter', null, 0],
      ['a/x/1', 'exclude', 'a/x/#', 0],
      ['a/b', null, null, 1],
      ['#', null, null, 1],
      ['$share/g/b/c', null, null, 1],
    ])
    expect(rule).toMatchObject({ reason: null, records: [{}, {}, {}] })
    expect(all?.topics.map(({ errors }) => errors.map(({ code }) => code))).toEqual([
      ...[['TOPIC_NOT_ALLOWED'], [], [], ['TOPIC_ILLEGAL'], ['TOPIC_NOT_ALLOWED']],
    ])
    expect(all?.errors).toHaveLength(3)
    expect(off?.topics.map(({ reason }) => reason)).toEqual(Array(5).fill('disabled'))
  })

  it('gives the reason of the one that came furthest', () => {
    const reasonOf = (clientid: string, ...topic: string[]) =>
      explain(callOf({ ...event, clientid, topic })).outcomes[0]?.reason
    expect(reasonOf('c', 'x', 'a/x/1', 'y')).toBe('exclude')
    expect(reasonOf('d', 'x', 'a/x/1', 'a')).toBe('when')
    expect(reasonOf('c', 'x', 'y')).toBe('filter')
  })
})

it('makes the records of RuleSet.apply, for any filters that are subscribed together', () => {
  const wanted = fc.tuple(filters, fc.array(filters, { maxLength: 2 }))
  const subscribed = fc.uniqueArray(filters, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(wanted, { minLength: 1, maxLength: 4 }), subscribed, (some, topic) => {
      const rules = some.map(([filter, exclude], index) =>
        JSON.stringify({
          hook: 'client.subscribe',
          filter,
          exclude: [...new Set([...exclude, 'no'])],
          topic: `t${index}`,
        }),
      )
      const text = `rules: [${rules.join(',')}]`
      const call = callOf({ event: 'client.subscribe', topic })
      const { outcomes, records } = createExplain(readRules(text, 'r'))(call)
      expect(records).toEqual(parseRules(text, 'r').apply(call.event))
      for (const { rule, topics: told } of outcomes) {
        expect(told.map((one) => one.topic)).toEqual(topic)
        expect(told.flatMap((one) => one.records)).toEqual(records.filter((one) => one.rule === rule.name))
        for (const { excludedBy, reason } of told) {
          expect(excludedBy !== null).toBe(reason === 'exclude')
          if (excludedBy !== null) expect(rule.exclude).toContain(excludedBy)
        }
      }
    }),
  )
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
