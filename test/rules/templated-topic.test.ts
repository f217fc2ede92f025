import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDeadLetter } from '../../src/delivery/dead-letter.ts'
import { kafkaTopicProblem } from '../../src/rules/kafka-topic.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import type { RuleError, Surroundings } from '../../src/rules/surroundings.ts'
import { createTopicLimit } from '../../src/rules/topic-limit.ts'
import { EVENTS } from './sample-events.ts'

const publish = EVENTS['message.publish']
const RULE = `rules:
  - name: r
    hook: message.publish
    topic: v.\${payload.type}
    allow: [v.car, v.t*]
    partition: 2
`

function surroundings(deadLetterTopic: string | null, max = 10) {
  const errors: (RuleError & { rule: string })[] = []
  const dropped: string[] = []
  const around: Surroundings = {
    deadLetterTopic,
    topics: createTopicLimit(max),
    onError: (rule, error) => void errors.push({ rule, ...error }),
    maxEventBytes: Number.POSITIVE_INFINITY,
    onDropped: (rule) => void dropped.push(rule),
  }
  return { around, errors, dropped }
}

const typed = (type: unknown) => ({
  ...publish,
  message: { ...publish.message, payload: Buffer.from(JSON.stringify({ type })) },
})

const apply = (type: unknown, around: Surroundings) =>
  parseRules(RULE, 'r').apply(typed(type), undefined, around)

describe('the topic of a template', () => {
  it.each(['car', 'truck', 't', 't.1_2-3'])('is taken when it is allowed: %j', (type) => {
    const { around, errors } = surroundings('dead')
    expect(apply(type, around)).toMatchObject([
      { topic: `v.${type}`, partition: 2, timestampMs: 1_700_000_000_111 },
    ])
    expect(errors).toEqual([])
  })

  it.each<[unknown, string, string]>([
    ['', 'TOPIC_MISSING_FIELD', 'v.${payload.type}'],
    [null, 'TOPIC_MISSING_FIELD', 'v.${payload.type}'],
    [undefined, 'TOPIC_MISSING_FIELD', 'v.${payload.type}'],
    ['bus', 'TOPIC_NOT_ALLOWED', 'v.bus'],
    ['cars', 'TOPIC_NOT_ALLOWED', 'v.cars'],
    ['ta', 'TOPIC_NOT_ALLOWED', 'v.ta'],
    ['t/1', 'TOPIC_ILLEGAL', 'v.t/1'],
    [{}, 'TOPIC_ILLEGAL', 'v.{}'],
    ['t\n', 'TOPIC_ILLEGAL', 'v.t\n'],
    [`t${'x'.repeat(400)}`, 'TOPIC_ILLEGAL', `v.t${'x'.repeat(297)}`],
  ])('of %j is a dead letter: %s', (type, code, original) => {
    const { around, errors, dropped } = surroundings('v.ta')
    const [letter] = apply(type, around)
    expect(letter).toMatchObject({ topic: 'v.ta', partition: null, rule: 'r', seq: 0 })
    expect(readDeadLetter(letter?.headers ?? {})).toMatchObject({
      originalTopic: original,
      originalTimestampMs: 1_700_000_000_111,
      originalPartition: 2,
      kind: 'rule',
      code,
      headers: { 'emqx-event': 'message.publish', 'emqx-message-id': publish.message.id },
    })
    expect(errors).toMatchObject([{ rule: 'r', code }])
    expect(dropped).toEqual([])
  })

  it.each([
    ['_x', 'TOPIC_ILLEGAL'],
    ['exhook.dead-letters', 'TOPIC_ILLEGAL'],
    ['elsewhere', 'TOPIC_NOT_ALLOWED'],
  ])('is never one of Kafka itself or of the dead letters: %s is %s', (name, code) => {
    const rules = parseRules(
      "rules: [{name: r, hook: message.publish, topic: '${payload.a}${payload.b}', allow: [_*, e*]}]",
      'r',
    )
    const { around, errors } = surroundings('elsewhere')
    const payload = Buffer.from(JSON.stringify({ a: name[0], b: name === '_x' ? '_x' : name.slice(1) }))
    const [letter] = rules.apply({ ...publish, message: { ...publish.message, payload } }, undefined, around)
    expect([letter?.topic, errors]).toMatchObject(['elsewhere', [{ code }]])
  })

  it('is told and dropped where there are no dead letters', () => {
    const { around, errors, dropped } = surroundings(null)
    expect(apply('bus', around)).toEqual([])
    expect([errors.length, dropped]).toEqual([1, ['r']])
  })

  it('is one of kafka.max_topics at most, until another is released', () => {
    const { around, errors } = surroundings('dead', 2)
    const made = (type: string) => apply(type, around).map(({ topic }) => topic)
    expect(['t1', 't2', 't3', 't1'].map(made)).toEqual([['v.t1'], ['v.t2'], ['dead'], ['v.t1']])
    expect(errors).toMatchObject([{ code: 'TOO_MANY_TOPICS' }])
    around.topics.release('v.t1')
    expect(['t3', 't1'].map(made)).toEqual([['v.t3'], ['dead']])
  })

  it('is legal and allowed, or a letter, whatever devices send', () => {
    const { around } = surroundings('dead', Number.POSITIVE_INFINITY)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()), (type) => {
        const [record] = apply(type, around)
        const topic = record?.topic ?? ''
        expect(topic === 'dead' || (kafkaTopicProblem(topic) === null && /^v\.(car$|t)/.test(topic))).toBe(
          true,
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

it('keeps the topics that rules name', () => {
  const limit = createTopicLimit(2, ['a'])
  expect(['a', 'b', 'c'].map(limit.admits)).toEqual([true, true, false])
  limit.release('a')
  expect(limit.admits('c')).toBe(false)
})

it('keeps those of new rules, and of the old ones as long as their records are there', () => {
  const limit = createTopicLimit(3, ['a', 'b'])
  limit.fix(['c'], new Set(['b']))
  expect(['b', 'c', 'd', 'a'].map(limit.admits)).toEqual([true, true, true, false])
  limit.release('c')
  limit.release('b')
  expect(['c', 'a', 'e'].map(limit.admits)).toEqual([true, true, false])
})

describe('a rule with headers, a partition and a time', () => {
  const [record] = parseRules(
    `rules:
  - hook: message.publish
    topic: t
    headers: {device: "\${topic[1]}", none: "\${payload.none}", content-type: application/json}
    partition: \${payload.battery}
    timestamp: now
`,
    'r',
  ).apply(publish)

  it('writes them', () => {
    expect(record).toMatchObject({
      headers: {
        'emqx-event': 'message.publish',
        'emqx-message-id': publish.message.id,
        device: 'd1',
        none: '',
        'content-type': 'application/json',
      },
      timestampMs: 1_700_000_000_222,
      // 83.4 is no partition: the key decides.
      partition: null,
    })
  })
})

it('names the hook where a template may lead records of several hooks to one topic', () => {
  const events = (text: string) =>
    parseRules(text, 'r')
      .apply({ ...publish, message: { ...publish.message, payload: Buffer.from('{"t":"a"}') } })
      .map(({ value }) => 'event' in JSON.parse(value.toString()))
  const other = '  - {hook: message.acked, topic: v.b}\n'
  const rule = 'rules:\n  - {hook: message.publish, topic: "v.${payload.t}", allow: ["v.*"]}\n'
  expect(events(rule)).toEqual([false])
  expect(events(rule + other)).toEqual([true])
  expect(events(rule + other.replace('v.b', 'w'))).toEqual([false])
})
