import { describe, expect, it } from 'vitest'
import type { HookEvent } from '../../src/events/hook-event.ts'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { recordBytes } from '../../src/rules/kafka-record.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import { EVENTS } from './sample-events.ts'

const ruleSet = (...rules: string[]) =>
  parseRules(`rules:\n${rules.map((rule) => `  - {${rule}}\n`).join('')}`, 'rules.yaml')

/** The names of the rules that match. */
const matching = (rules: ReturnType<typeof ruleSet>, hook: HookPoint, topic: string) =>
  rules.match(hook, topic).map(({ name }) => name)

/** Of each record, its Kafka topic and the MQTT topic in its value. */
const made = (rules: ReturnType<typeof ruleSet>, event: HookEvent) =>
  rules.apply(event).map(({ topic, value }) => [topic, JSON.parse(value.toString()).topic])

describe('match', () => {
  const rules = ruleSet(
    'name: all, hook: message.publish, topic: t',
    'name: doors, hook: [message.publish, message.acked], topic: t, filter: [doors/+, doors/#]',
    'name: not-secret, hook: message.publish, topic: t, exclude: [secret/#, +/secret]',
    'name: off, hook: message.publish, topic: t, enabled: false',
    'name: rest, hook: message.publish, topic: t, filter: "#", exclude: doors/#',
    'name: came, hook: [client.connected, client.disconnected], topic: t',
  )

  it.each<[HookPoint, string, string[]]>([
    ['message.publish', 'doors/1', ['all', 'doors', 'not-secret']],
    ['message.publish', 'doors/secret', ['all', 'doors']],
    ['message.publish', 'secret', ['all', 'rest']],
    ['message.publish', 'x', ['all', 'not-secret', 'rest']],
    ['message.publish', '$x', ['all', 'not-secret']],
    ['message.acked', 'doors', ['doors']],
    ['message.acked', 'x', []],
    ['message.dropped', 'doors/1', []],
    ['client.connected', '', ['came']],
    ['client.disconnected', '', ['came']],
    ['session.created', '', []],
  ])('%s of %j', (hook, topic, names) => {
    expect(matching(rules, hook, topic)).toEqual(names)
    expect(rules.match(hook, topic)).toBe(rules.match(hook, topic))
  })

  it('has the enabled rules in the order of the file', () => {
    expect(rules.rules.map(({ name, topic }) => [name, topic])).toEqual(
      ['all', 'doors', 'not-secret', 'rest', 'came'].map((name) => [name, 't']),
    )
    expect(rules.rules[1]?.hooks).toEqual(['message.publish', 'message.acked'])
  })

  it('takes topics of any length', () => {
    expect(matching(rules, 'message.acked', `doors${'/x'.repeat(32_000)}`)).toEqual(['doors'])
    expect(matching(rules, 'message.acked', '/'.repeat(65_535))).toEqual([])
  })
})

describe('subscriptions', () => {
  const hooks = [
    'client.subscribe',
    'client.unsubscribe',
    'session.subscribed',
    'session.unsubscribed',
  ] as const
  const rules = ruleSet(
    `name: below, hook: [${hooks.join(', ')}], topic: t, filter: devices/#`,
    `name: states, hook: [${hooks.join(', ')}], topic: t, filter: devices/+/state`,
    'name: acl, hook: client.authorize, topic: t, filter: devices/#',
  )

  it.each(hooks)('of %s match where some topic matches both, their group taken off', (hook) => {
    expect(matching(rules, hook, 'devices/+/state')).toEqual(['below', 'states'])
    expect(matching(rules, hook, 'devices/d1/state')).toEqual(['below', 'states'])
    expect(matching(rules, hook, '$share/g/devices/d1/state')).toEqual(['below', 'states'])
    expect(matching(rules, hook, '$queue/devices/d1/state')).toEqual(['below', 'states'])
    expect(matching(rules, hook, 'devices/#')).toEqual(['below', 'states'])
    expect(matching(rules, hook, '#')).toEqual(['below', 'states'])
    expect(matching(rules, hook, 'devices')).toEqual(['below'])
    expect(matching(rules, hook, '+/d1/command')).toEqual(['below'])
    expect(matching(rules, hook, 'rooms/#')).toEqual([])
    expect(matching(rules, hook, '$SYS/#')).toEqual([])
    expect(matching(rules, hook, '$share/devices/d1/state')).toEqual([])
    expect(rules.match(hook, '$share/g/devices/#')).toBe(rules.match(hook, '$share/g/devices/#'))
  })

  it('only of those four hooks: client.authorize reports the topic itself', () => {
    expect(matching(rules, 'client.authorize', 'devices/d1')).toEqual(['acl'])
    expect(matching(rules, 'client.authorize', '$share/g/devices/d1')).toEqual([])
  })
})

describe('apply', () => {
  it('makes one record for each rule that matches', () => {
    const rules = ruleSet(
      'hook: message.publish, topic: a, filter: devices/#',
      'hook: message.publish, topic: b, filter: devices/d2/+',
      'hook: message.publish, topic: c, filter: +/+/state',
    )
    expect(made(rules, EVENTS['message.publish'])).toEqual([
      ['a', 'devices/d1/state'],
      ['c', 'devices/d1/state'],
    ])
    expect(made(rules, EVENTS['message.acked'])).toEqual([])
  })

  it.each(['client.subscribe', 'client.unsubscribe'] as const)(
    'makes of a %s one for each rule and filter',
    (hook) => {
      const rules = ruleSet(
        `hook: ${hook}, topic: a, filter: devices/#, key: "${'$'}{topic[1]}"`,
        `hook: ${hook}, topic: b, filter: [other/#, devices/+/command]`,
      )
      expect(made(rules, EVENTS[hook])).toEqual([
        ['a', 'devices/+/state'],
        ['a', '$share/g/devices/d1/command'],
        ['b', '$share/g/devices/d1/command'],
        ['b', 'other/#'],
      ])
      expect(rules.apply(EVENTS[hook]).map(({ key }) => key?.toString())).toEqual(['+', 'd1', 'c1', 'c1'])
      expect(rules.apply({ ...EVENTS[hook], filters: [] })).toEqual([])
    },
  )

  it('gives each filter its own options, also when it is there twice', () => {
    const rules = ruleSet('hook: client.subscribe, topic: t, key: "${qos}"')
    const event = EVENTS['client.subscribe']
    const filters = [0, 1, 2].map((qos) => ({ name: 'same', options: { qos, rh: 0, rap: 0, nl: 0 } }))
    const records = rules.apply({ ...event, filters })
    expect(records.map(({ value }) => JSON.parse(value.toString()).qos)).toEqual([0, 1, 2])
    expect(records.map(({ key }) => key?.toString())).toEqual(['0', '1', '2'])
  })

  it('takes a large client.subscribe in its stride', () => {
    const rules = ruleSet('hook: client.subscribe, topic: t, filter: "+"')
    const { options } = EVENTS['session.subscribed']
    const filters = Array.from({ length: 20_000 }, (_, index) => ({ name: `${index}`, options }))
    const started = performance.now()
    expect(rules.apply({ ...EVENTS['client.subscribe'], filters })).toHaveLength(20_000)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('makes nothing of any event without a rule', () => {
    const rules = ruleSet('hook: message.publish, topic: t, enabled: false')
    for (const hook of HOOKS.keys()) expect(rules.apply(EVENTS[hook])).toEqual([])
  })
})

describe('a record', () => {
  it.each([...HOOKS.keys()])('of %s', (hook) => {
    const event: HookEvent = EVENTS[hook]
    const [record] = ruleSet(`name: r, hook: ${hook}, topic: t`).apply(event)
    const ofMessage = HOOKS.get(hook)?.topic === 'message'
    expect(record).toEqual({
      topic: 't',
      key: Buffer.from('c1'),
      partition: null,
      value: record?.value,
      headers: ofMessage
        ? { 'emqx-event': hook, 'emqx-message-id': '0005F9D5B2A0C1D2F445000001230000' }
        : { 'emqx-event': hook },
      timestampMs: ofMessage ? 1_700_000_000_111 : 1_700_000_000_222,
      rule: 'r',
      policy: DEFAULT_POLICY,
      receivedAtMs: EVENTS[hook].receivedAtMs,
      bytes: record === undefined ? 0 : recordBytes(record),
      seq: 0,
    })
    const value = JSON.parse(record?.value.toString() ?? '')
    expect([value.client_id, value.node, value.ts, value.event]).toEqual([
      'c1',
      'emqx@127.0.0.1',
      1_700_000_000_222,
      undefined,
    ])
  })

  it('has the time received where EMQX sent none with the message', () => {
    const event = EVENTS['message.publish']
    const [record] = ruleSet('hook: message.publish, topic: t').apply({
      ...event,
      message: { ...event.message, timestampMs: 0 },
    })
    expect(record?.timestampMs).toBe(1_700_000_000_222)
  })

  it.each([
    ['key: null', null],
    ['key: "${username}"', 'bob'],
    ['key: "${topic[1]}-${qos}"', 'd1-1'],
    ['key: "${topic[7]}"', ''],
    ['key: fixed', 'fixed'],
  ])('with %s', (line, key) => {
    const [record] = ruleSet(`hook: message.publish, topic: t, ${line}`).apply(EVENTS['message.publish'])
    expect(record?.key?.toString() ?? null).toBe(key)
  })

  it.each<[string, string[], boolean]>([
    ['one hook a topic', ['hook: message.publish, topic: t', 'hook: message.acked, topic: u'], false],
    ['two rules of one hook', ['hook: message.publish, topic: t', 'hook: message.publish, topic: t'], false],
    ['two hooks in a rule', ['hook: [message.publish, message.acked], topic: t'], true],
    ['two hooks in two rules', ['hook: message.publish, topic: t', 'hook: message.acked, topic: t'], true],
    [
      'a second hook that is disabled',
      ['hook: message.publish, topic: t', 'hook: message.acked, topic: t, enabled: false'],
      false,
    ],
  ])('names its hook where hooks share a Kafka topic: %s', (_title, rules, named) => {
    const [record] = ruleSet(...rules).apply(EVENTS['message.publish'])
    const value = JSON.parse(record?.value.toString() ?? '')
    expect(Object.keys(value)[0]).toBe(named ? 'event' : 'client_id')
    expect(value.event).toBe(named ? 'message.publish' : undefined)
  })
})
