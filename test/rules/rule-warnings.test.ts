import { describe, expect, it } from 'vitest'
import { readRules } from '../../src/rules/rule-file.ts'
import { ruleWarnings } from '../../src/rules/rule-warnings.ts'

/** The warnings of a file with these rules, each with the place of its rule. */
const warningsOf = (...rules: readonly string[]) =>
  ruleWarnings(readRules(`rules:\n${rules.map((rule) => `  - {${rule}}\n`).join('')}`, 'rules.yaml')).map(
    ({ index, message }) => `${index}: ${message}`,
  )

const publish = (more: string) => `hook: message.publish, filter: a/+, topic: t, ${more}`

describe('a rule that never matches', () => {
  it.each([
    [
      'hook: message.publish, filter: [a/+, a/b], exclude: a/#, topic: t',
      'it never matches: `exclude` takes away',
    ],
    ['hook: message.publish, filter: a/#, exclude: +/#, topic: t', 'it never matches: `exclude` takes away'],
    ['hook: message.publish, filter: [a/+, b], exclude: b, topic: t', 'the filter `b` takes: remove one'],
    ['hook: message.dropped, exclude: "#", topic: t', 'leaves only topics that begin with `$`'],
    [
      'hook: [message.acked, session.subscribed], filter: $SYS/#, topic: t',
      'it never matches a message.acked',
    ],
    [publish('when: "false"'), '`when` is false for every event'],
    [publish('when: "false && qos > 0"'), '`when` is false for every event'],
    [publish('when: "qos > 0 && (1 > 2 || !true)"'), '`when` is false for every event'],
    [publish('when: "size([1]) == 1 || qos > 0"'), '`when` is true for every event: remove it'],
  ])('%s', (rule, message) => {
    expect(warningsOf(rule)).toHaveLength(1)
    expect(warningsOf(rule)[0]).toContain(message)
  })
})

it('is none that takes subscriptions: one of `#` is excluded by `#` alone', () => {
  expect(warningsOf('hook: session.subscribed, filter: a/b, exclude: a/#, topic: t')).toEqual([])
})

describe('every message of the broker', () => {
  it.each([
    [
      'hook: message.publish, topic: t',
      'without a `filter`, EMQX calls for every message of the broker: name',
    ],
    ['hook: [message.acked, client.connected], topic: t', 'on message.acked without a `filter`'],
    ['hook: message.delivered, filter: [a, "#"], topic: t', 'with a filter that covers `#`'],
    ['hook: message.publish, topic: t, when: qos > 0', 'broker, and only then does `when` decide'],
  ])('%s', (rule, message) => {
    expect(warningsOf(rule)).toHaveLength(1)
    expect(warningsOf(rule)[0]).toContain(message)
  })
})

describe('a key that breaks the order of a device', () => {
  it.each([
    ['key: null', 'with `key: null` the records of a device may go to any partition'],
    ['key: all', '`key: all` is the same for all records: they all go to one partition'],
    ['key: "${topic[0]}"', 'is the same for all records'],
    ['key: "${id}"', 'is another one for each message'],
    ['key: "${clientid}-${timestamp}"', 'is another one for each message'],
    ['key: "${qos}"', 'does not tell devices apart'],
    ['key: "${node}/${event}"', 'does not tell devices apart'],
    ['partition: 0', '`partition: 0` is the same for all records: they all go to one partition'],
    [
      'partition: "1${topic[0]}"',
      '`partition: 1${topic[0]}` never makes a whole number from 0 to 2147483647',
    ],
    ['partition: "x${qos}"', '`partition: x${qos}` never makes a whole number from 0 to 2147483647'],
    ['partition: "${event}"', '`partition: ${event}` never makes a whole number'],
    ['partition: "${qos}"', '`partition: ${qos}` does not tell devices apart'],
  ])('%s', (line, message) => {
    expect(warningsOf(publish(line))).toHaveLength(1)
    expect(warningsOf(publish(line))[0]).toContain(message)
  })

  it.each([
    'key: "${clientid}"',
    'key: "${topic[1]}"',
    'key: "${topic}"',
    'key: "x-${from}"',
    'key: "${payload.vin}"',
    'key: "${pub_props.User-Property.device}"',
    'partition: "${payload.p}"',
  ])('not %s', (line) => {
    expect(warningsOf(publish(line))).toEqual([])
  })
})

describe('a key that is the same for all records', () => {
  const same = (text: string) => [
    `0: \`key: ${text}\` is the same for all records: they all go to one partition`,
  ]

  it.each([
    ['hook: message.publish, filter: a/b/c', '${topic}'],
    ['hook: message.publish, filter: a/b/c', 'x-${topic[0]}-${event}'],
    ['hook: client.connected', '${event}'],
  ])('%s with %s', (rule, key) => {
    expect(warningsOf(`${rule}, topic: t, key: "${key}"`)).toEqual(same(key))
  })

  it.each([
    ['hook: message.publish, filter: [a/b/c, a/b/d]', '${topic}'],
    ['hook: message.publish, filter: a/+/c', 'x-${topic}-${event}'],
    ['hook: client.subscribe, filter: a/b', '${topic}'],
  ])('%s with %s is not', (rule, key) => {
    expect(warningsOf(`${rule}, topic: t, key: "${key}"`)).toEqual([])
  })

  it('does not come with several hooks', () => {
    const [warning, ...others] = warningsOf(
      'hook: [client.connected, client.disconnected], topic: t, key: "${event}"',
    )
    expect(warning).toContain('does not tell devices apart')
    expect(others).toEqual([])
  })

  it('is told beside a partition that is never a number', () => {
    expect(
      warningsOf('hook: client.connected, topic: t, key: "${event}", partition: "p${clientid}"'),
    ).toEqual([expect.stringContaining('never makes a whole number'), ...same('${event}')])
  })
})

describe('a level of the topic', () => {
  const never = '`${topic[2]}` is never there, as the filters take topics of 2 levels at most'

  it.each([
    ['key: "${topic[2]}"', `in \`key\`, ${never}: it is always empty`],
    ['headers: {a: "x-${topic[2]}"}', `in the header \`a\`, ${never}: it is always empty`],
    ['partition: "${topic[2]}"', `in \`partition\`, ${never}: it is always empty`],
  ])('that is never there: %s', (line, message) => {
    expect(warningsOf(publish(line))).toEqual([`0: ${message}`])
  })

  it.each([
    'hook: message.publish, filter: a/#, topic: t, key: "${topic[5]}"',
    'hook: message.publish, filter: a/+, topic: t, key: "${topic[1]}"',
    'hook: message.publish, filter: [a/+, a/+/c], topic: t, key: "${topic[2]}"',
    // A subscription of `a/b/#` takes what `a/b` takes.
    'hook: session.subscribed, filter: a/b, topic: t, key: "${topic[2]}${clientid}"',
  ])('that may be there: %s', (line) => {
    expect(warningsOf(line)).toEqual([])
  })

  it('that a subscription has not either', () => {
    expect(
      warningsOf('hook: session.subscribed, filter: a/b, topic: t, key: "${topic[3]}${clientid}"'),
    ).toEqual([
      '0: in `key`, `${topic[3]}` is never there, as the filters take topics of 3 levels at most: it is always empty',
    ])
  })

  it('that some filters have not, where it makes the Kafka topic', () => {
    const rule = 'hook: message.publish, filter: [a/+, a/+/c], topic: "t.${topic[2]}", allow: [t.*]'
    expect(warningsOf(rule)).toEqual([
      '0: in `topic`, topics of `a/+` have no `${topic[2]}`: their records go to the dead letters',
    ])
  })
})

describe('a part of a condition that is always the same', () => {
  it.each([
    ['qos > 2', 'it never matches: `when` is false for every event, `qos` being 0, 1 or 2'],
    [
      'payload.a == 1 && qos == 5',
      'it never matches: `when` is false for every event, since `qos == 5` is, `qos` being 0, 1 or 2',
    ],
    ["event == 'message.acked'", '`when` is false for every event, `event` being `message.publish`'],
    ["topic == 'b/c'", '`when` is false for every event, `topic` being one that the filters take'],
    ['qos >= 0', '`when` is true for every event, `qos` being 0, 1 or 2: remove it'],
    [
      'payload.a == 1 || qos == 5',
      'in `when`, `qos == 5` is false for every event, `qos` being 0, 1 or 2: correct it, or leave it out',
    ],
  ])('%s', (when, message) => {
    expect(warningsOf(publish(`when: "${when}"`))).toEqual([expect.stringContaining(message)])
  })
})

describe('two rules', () => {
  const twice =
    '1: rule message.publish->t takes every message.publish that it takes, for the same Kafka topic: these events are in t twice'

  it.each<[string, string]>([
    ['the same', publish('key: "${clientid}"')],
    ['a narrower filter', 'hook: message.publish, filter: a/b, topic: t'],
    ['a condition', publish('when: qos > 0')],
    [
      'more hooks',
      'hook: [message.publish, client.connected], filter: a/b, topic: t'.replace(
        'client.connected',
        'message.dropped',
      ),
    ],
    ['another key', publish('key: "${username}"')],
  ])('write events twice: %s', (_title, other) => {
    expect(warningsOf(publish('enabled: true'), other)).toEqual([twice])
  })

  it('are told once when they are the same', () => {
    expect(warningsOf(publish('enabled: true'), publish('enabled: true'))).toHaveLength(1)
  })

  it('tell the narrower one, wherever it stands', () => {
    expect(warningsOf(publish('when: qos > 0'), publish('enabled: true'))).toEqual([
      expect.stringContaining('0: rule message.publish->t-2 takes every message.publish'),
    ])
  })

  it.each<[string, string]>([
    ['another Kafka topic', 'hook: message.publish, filter: a/+, topic: u'],
    ['another hook', 'hook: message.acked, filter: a/+, topic: t'],
    ['other filters', 'hook: message.publish, filter: b/+, topic: t'],
    ['one switched off', publish('enabled: false')],
  ])('do not: %s', (_title, other) => {
    expect(warningsOf(publish('enabled: true'), other)).toEqual([])
  })

  it('do not, with other conditions or exclusions', () => {
    expect(warningsOf(publish('when: qos > 0'), publish('when: qos == 0'))).toEqual([])
    expect(warningsOf(publish('exclude: a/b'), 'hook: message.publish, filter: a/b, topic: t')).toEqual([])
    expect(warningsOf(publish('exclude: a/b'), publish('exclude: a/+'))).not.toEqual([])
  })
})

it('has what a policy needs, also of a rule that is switched off', () => {
  expect(warningsOf('hook: message.acked, topic: t, reply: stored, enabled: false')).toEqual([
    '0: `reply: stored` needs a disk: `serve` takes it only with `queue.disk.path`',
    '0: `reply: stored` on message.acked holds up the subscriber until the record is on disk',
  ])
})
