import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import type { RuleConfig } from '../../src/rules/rule-config.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { lines, mistakesOf, rule } from './mistakes.ts'

const DEFAULTS: RuleConfig = {
  name: 'message.publish->t',
  hooks: ['message.publish'],
  filters: null,
  exclude: [],
  when: null,
  topic: 't',
  allow: null,
  key: '${clientid}',
  headers: new Map(),
  partition: null,
  timestamp: 'event',
  format: 'bridge',
  enabled: true,
  policy: DEFAULT_POLICY,
}

describe('what a rule means', () => {
  it.each<[string, string, Partial<RuleConfig>]>([
    ['the defaults', '', {}],
    ['one filter', 'filter: a/+/b', { filters: ['a/+/b'] }],
    ['several filters', "filter: [a/#, '#', +/x]", { filters: ['a/#', '#', '+/x'] }],
    ['excluded filters', 'exclude: a/#', { exclude: ['a/#'] }],
    ['$SYS excluded', 'exclude: $SYS/#', { exclude: ['$SYS/#'] }],
    ['other topics with $', 'filter: $other/#', { filters: ['$other/#'] }],
    ['a key', 'key: lock-${topic[1]}', { key: 'lock-${topic[1]}' }],
    ['no key', 'key: null', { key: null }],
    ['no key either', 'key: ~', { key: null }],
    ['the default format', 'format: bridge', {}],
    ['another format', 'format: cloudevents', { format: 'cloudevents' }],
    [
      'headers',
      'headers: {a: "${clientid}", b: x}',
      {
        headers: new Map([
          ['a', '${clientid}'],
          ['b', 'x'],
        ]),
      },
    ],
    ['a partition', 'partition: 3', { partition: '3' }],
    ['a template as partition', 'partition: ${payload.p}', { partition: '${payload.p}' }],
    ['the present time', 'timestamp: now', { timestamp: 'now' }],
    ['disabled', 'enabled: false', { enabled: false }],
    ['a name', 'name: "front doors: état"', { name: 'front doors: état' }],
  ])('%s', (_title, line, expected) => {
    expect(readRules(rule(line), 'rules.yaml')).toEqual([{ ...DEFAULTS, ...expected }])
  })

  it('has hooks as a list too, in the given order', () => {
    const [read] = readRules('rules: [{hook: [message.acked, client.connected], topic: t}]', 'rules.yaml')
    expect(read).toEqual({
      ...DEFAULTS,
      hooks: ['message.acked', 'client.connected'],
      name: 'message.acked+1->t',
    })
  })

  it('has names that are unique, made from hook and topic', () => {
    const text = lines(
      'rules:',
      '  - {hook: message.publish, topic: a}',
      '  - {hook: message.publish, topic: a, enabled: false}',
      '  - {hook: message.publish, topic: a, name: message.publish->a-3}',
      '  - {hook: message.publish, topic: a}',
      '  - {hook: client.connected, topic: a}',
    )
    expect(readRules(text, 'rules.yaml').map(({ name }) => name)).toEqual([
      'message.publish->a',
      'message.publish->a-2',
      'message.publish->a-3',
      'message.publish->a-4',
      'client.connected->a',
    ])
  })

  it.each([
    ['a byte order mark', `\uFEFF${rule()}`],
    ['CR LF', rule().replaceAll('\n', '\r\n')],
    ['both', `\uFEFF${rule('# x').replaceAll('\n', '\r\n')}`],
    ['JSON', '{"rules": [{"hook": "message.publish", "topic": "t"}]}'],
    ['a document mark and comments', `# rules\n---\n${rule()}# end\n`],
    [
      'an alias',
      'rules: [{topic: &x t, hook: message.publish, name: message.publish->t, key: "${clientid}"}]',
    ],
    ['%YAML 1.1', `%YAML 1.1\n---\n${rule()}`],
  ])('is the same with %s', (_title, text) => {
    expect(readRules(text, 'rules.yaml')).toEqual([DEFAULTS])
  })

  it('follows aliases', () => {
    const text = lines(
      'rules:',
      '  - {hook: message.publish, topic: t, filter: &doors [a/+, b]}',
      '  - {hook: &acked message.acked, topic: t, filter: *doors}',
      '  - {hook: [*acked], topic: t, exclude: *doors}',
    )
    expect(
      readRules(text, 'rules.yaml').map(({ hooks, filters, exclude }) => [hooks, filters, exclude]),
    ).toEqual([
      [['message.publish'], ['a/+', 'b'], []],
      [['message.acked'], ['a/+', 'b'], []],
      [['message.acked'], null, ['a/+', 'b']],
    ])
  })
})

describe('mistakes in a file and its rules, each at its place', () => {
  it.each<[title: string, text: string, mistakes: string[]]>([
    // The file
    [
      'nothing',
      '',
      ['1:1: the file is empty: write `rules:` and a list of rules, each with a `hook` and a `topic`'],
    ],
    [
      'a merge key',
      lines(
        'rules:',
        '  - &base',
        '    hook: message.publish',
        '    topic: t',
        '  - <<: *base',
        '    key: k',
      ),
      ['5:5: merge keys (`<<`) are not supported: write the keys out'],
    ],
    [
      'only comments',
      '# a\n\n# b\n',
      ['1:1: the file is empty: write `rules:` and a list of rules, each with a `hook` and a `topic`'],
    ],
    [
      'text',
      'rules',
      [
        '1:1: the file must be a map, not a text: is it the rule file? Write `rules:` and a list of rules, each with a `hook` and a `topic`',
      ],
    ],
    [
      'a list',
      '\n- hook: message.publish\n',
      ['2:1: the file must begin with `rules:`: put it before the list, and indent the list'],
    ],
    [
      'another key',
      'a: 1\n',
      [
        '1:1: there is no key `a`: use rules, tests',
        '1:1: the file has no `rules`: write `rules:` and a list of rules, each with a `hook` and a `topic`',
      ],
    ],
    ['a key like it', 'rule:\n  - a\n', ['1:1: there is no key `rule`, did you mean `rules`?']],
    ['no value', 'rules:\n', ['1:1: `rules` must be a list of rules, not nothing']],
    ['a map of rules', 'rules:\n  a: 1\n', ['2:3: `rules` must be a list of rules, not a map']],
    [
      'no rule',
      'rules: []\n',
      ['1:8: `rules` is empty: write at least one rule, with a `hook` and a `topic`'],
    ],
    [
      'tests that are none',
      `${rule()}tests: x\n`,
      ['4:8: `tests` must be a list of tests, not the text `x`'],
    ],
    // The rule
    [
      'no map',
      'rules:\n  - message.publish\n',
      ['2:5: a rule must be a map with a `hook` and a `topic`, not the text `message.publish`'],
    ],
    [
      'an empty item',
      'rules:\n  -\n',
      ['2:4: a rule must be a map with a `hook` and a `topic`, not nothing'],
    ],
    [
      'nothing that counts',
      'rules:\n  - name: x\n',
      [
        '2:5: the rule has no `hook`: write a hook point, such as `hook: message.publish`',
        '2:5: the rule has no `topic`: write the Kafka topic its records go to',
      ],
    ],
    ['an unknown key', rule('fitler: a'), ['4:5: there is no key `fitler`, did you mean `filter`?']],
    [
      'a misspelt hook key',
      'rules:\n  - hooks: message.publish\n    topic: t\n',
      ['2:5: there is no key `hooks`, did you mean `hook`?'],
    ],
    [
      'a key like nothing',
      rule('qqq: a'),
      [
        '4:5: there is no key `qqq`: use name, hook, filter, exclude, when, topic, allow, key, headers, partition, timestamp, format, enabled, reply, on_timeout, overflow, priority',
      ],
    ],
    ['a key like headers', rule('header: {}'), ['4:5: there is no key `header`, did you mean `headers`?']],
    [
      'a number as key',
      rule('1: a'),
      [
        '4:5: there is no key `1`: use name, hook, filter, exclude, when, topic, allow, key, headers, partition, timestamp, format, enabled, reply, on_timeout, overflow, priority',
      ],
    ],
    ['a list as key', rule('? [a]', ': b'), ['4:7: a key must be plain text']],
    [
      'a merge key',
      'rules:\n  - <<: {}\n    hook: message.publish\n    topic: t\n',
      ['2:5: merge keys (`<<`) are not supported: write the keys out'],
    ],
    ['a key twice', rule('topic: u'), ['4:5: this key is here twice: keep one of them']],
  ])('%s', (_title, text, expected) => {
    expect(mistakesOf(text)).toEqual(expected)
  })

  it('are told all at once, in the order of the file', () => {
    const text = lines(
      'rulez: 1',
      'rules:',
      '  - hook: message.publsh',
      '    topic: a b',
      '    key: ${a}${b}',
      '    enabled: maybe',
      '    topic: c',
      '  - enabled: true',
    )
    expect(mistakesOf(text)).toEqual([
      '1:1: there is no key `rulez`, did you mean `rules`?',
      '3:11: there is no hook `message.publsh`, did you mean `message.publish`?',
      '4:12: `topic` cannot be `a b`: Kafka allows only letters, digits, `.`, `_` and `-` in the name of a topic',
      expect.stringMatching(/^5:10: in `key`, there is no variable `\$\{a\}`/),
      expect.stringMatching(/^5:10: in `key`, there is no variable `\$\{b\}`/),
      '6:14: `enabled` must be true or false, not the text `maybe`',
      '7:5: this key is here twice: keep one of them',
      '8:5: the rule has no `hook`: write a hook point, such as `hook: message.publish`',
      '8:5: the rule has no `topic`: write the Kafka topic its records go to',
    ])
  })

  it('show nothing that a terminal would obey', () => {
    for (const line of ['"\\e[31m": 1', 'filter: "\\e]0;x\\a#"', 'format: "\\e[2J"', 'key: "${\\e}"'])
      expect(mistakesOf(rule(line)).join('')).toMatch(/^[\P{C}]+$/u)
  })
})
