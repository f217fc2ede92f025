import { describe, expect, it } from 'vitest'
import { readRuleFile } from '../../../src/rules/rule-file.ts'
import { lines, mistakesOf } from '../mistakes.ts'

const file = (...tests: readonly string[]) =>
  lines('rules: [{hook: message.publish, topic: t}]', 'tests:', ...tests)
const EVENT = 'event: {event: message.publish, topic: a}'

it('reads tests with their places', () => {
  const text = file(
    `  - {${EVENT}, records: []}`,
    '  - name: state',
    `    ${EVENT}`,
    '    records: [{topic: t}]',
  )
  const { tests, rules, places } = readRuleFile(text, 'rules.yaml')
  expect(rules).toHaveLength(1)
  expect(places).toEqual([{ line: 1, column: 9 }])
  expect(tests.map(({ name, place, recordsPlace }) => [name, place.line, recordsPlace.line])).toEqual([
    ['test 1', 3, 3],
    ['state', 4, 6],
  ])
  expect(tests[1]?.records).toEqual([
    {
      place: { line: 6, column: 15 },
      expectations: [
        { field: 'topic', path: [], wanted: { is: 'equal', value: 't' }, place: { line: 6, column: 23 } },
      ],
    },
  ])
})

describe('a mistake in the form of tests', () => {
  it.each<[string, string, string]>([
    ['a map', file('  a: b'), '3:3: `tests` must be a list of tests, not a map'],
    ['nothing', file(), '2:1: `tests` must be a list of tests, not nothing'],
    [
      'a test that is text',
      file('  - a'),
      '3:5: a test must be a map with an `event` and its `records`, not the text `a`',
    ],
    ['no event', file('  - records: []'), '3:5: the test has no `event`'],
    ['no records', file(`  - ${EVENT}`), '3:5: the test has no `records`'],
    [
      'a key mistyped',
      file(`  - ${EVENT}`, '    recrods: []'),
      '4:5: there is no key `recrods`, did you mean `records`?',
    ],
    [
      'records that are none',
      file(`  - ${EVENT}`, '    records: {}'),
      '4:14: `records` must be a list, `[]` for none, not a map',
    ],
    ['a record that is none', file(`  - ${EVENT}`, '    records: [a]'), '4:15: a record must be a map'],
    [
      'a field mistyped',
      file(`  - ${EVENT}`, '    records: [{topik: t}]'),
      '4:16: there is no key `topik`, did you mean `topic`?',
    ],
    [
      'a partition that is none',
      file(`  - ${EVENT}`, '    records: [{partition: -1}]'),
      '`partition` must be a whole number from 0',
    ],
    [
      'a header that is a number',
      file(`  - ${EVENT}`, '    records: [{headers: {a: 1}}]'),
      'the header `a` must be text, not the number `1`: put it in quotes',
    ],
    ['headers that are text', file(`  - ${EVENT}`, '    records: [{headers: a}]'), '`headers` must be a map'],
    [
      'a value that is empty',
      file(`  - ${EVENT}`, '    records:', '      - value:'),
      '5:9: `value` is empty',
    ],
    [
      'a value that JSON cannot hold',
      file(`  - ${EVENT}`, '    records: [{value: [.nan]}]'),
      'JSON cannot hold this value',
    ],
    [
      'an event mistyped',
      file('  - {event: {event: message.publsh}, records: []}'),
      '3:21: there is no hook `message.publsh`',
    ],
    [
      'an event without topic',
      file('  - {event: {event: message.publish}, records: []}'),
      '3:13: the event has no `topic`',
    ],
    [
      'a name twice',
      file(`  - {name: a, ${EVENT}, records: []}`, `  - {name: a, ${EVENT}, records: []}`),
      '4:12: the name `a` is taken on line 3: choose another',
    ],
    [
      'a rule mistyped',
      file(`  - ${EVENT}`, '    records: [{rule: message.publish->u}]'),
      '4:22: there is no rule `message.publish->u` in this file, did you mean `message.publish->t`?',
    ],
    [
      'a rule of another file',
      file(`  - ${EVENT}`, '    records: [{rule: alarms}]'),
      '4:22: there is no rule `alarms` in this file: use one of message.publish->t',
    ],
    ['an empty event', file('  - {event: , records: []}'), '3:6: an event must be a map'],
  ])('%s', (_title, text, message) => {
    expect(mistakesOf(text).join('\n')).toContain(message)
  })

  it('is none where a test names a rule of the file, or two have no name', () => {
    const named = '[{rule: message.publish->t}]'
    expect(mistakesOf(file(`  - {${EVENT}, records: ${named}}`, `  - {${EVENT}, records: []}`))).toEqual([])
  })

  it('is told with those of the rules', () => {
    const text = 'rules: [{hook: message.publish, topik: t}]\ntests: [{}]\n'
    expect(mistakesOf(text)).toHaveLength(3)
  })
})
