import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../src/cli/check.ts'
import { readCheckWords } from '../../src/cli/check-words.ts'
import { wordMistake } from '../../src/config/config-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'check-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(name: string, ...lines: string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

function check(...paths: string[]): { code: number; text: string } {
  let text = ''
  const code = runCheck(paths, {
    write(more) {
      text += more
    },
  })
  return { code, text: text.replaceAll(`${folder}/`, '') }
}

const good = fileOf(
  'good.yaml',
  'rules:',
  '  - {hook: message.publish, filter: [devices/+/state, a], exclude: b/#, topic: message_state}',
  '  - {hook: [client.connected, client.disconnected], topic: presence, name: who is there, enabled: false}',
  '  - {hook: session.subscribed, topic: subscriptions}',
)
const bad = fileOf('bad.yaml', 'rules:', '  - hook: message.publsh', '    topik: t', '    enabled: maybe')

const GOOD = [
  'RULE                               HOOKS                                  FILTERS                              KAFKA TOPIC',
  'message.publish->message_state     message.publish                        devices/+/state, a, but not b/#      message_state',
  'who is there (disabled)            client.connected, client.disconnected  -                                    presence',
  'session.subscribed->subscriptions  session.subscribed                     every topic                          subscriptions',
  'good.yaml: OK, 3 rules, 1 of them disabled',
  '',
].join('\n')

const BAD = [
  'bad.yaml:2:11: there is no hook `message.publsh`, did you mean `message.publish`?',
  'bad.yaml:3:5: there is no key `topik`, did you mean `topic`?',
  'bad.yaml:4:14: `enabled` must be true or false, not the text `maybe`',
  'bad.yaml: 3 mistakes',
  '',
].join('\n')

it('shows the rules of a good file', () => {
  expect(check(good).text.replaceAll(/ {2,}/g, '  ')).toBe(GOOD.replaceAll(/ {2,}/g, '  '))
  expect(check(good).code).toBe(0)
})

it('lines the table up', () => {
  const [head = '', ...rows] = check(good).text.split('\n').slice(0, 4)
  for (const row of rows)
    for (const title of ['HOOKS', 'FILTERS', 'KAFKA TOPIC']) {
      const column = head.indexOf(title)
      expect(row.slice(column - 2, column)).toBe('  ')
      expect(row[column]).not.toBe(' ')
    }
})

it('shows every mistake of a bad one', () => {
  expect(check(bad)).toEqual({ code: 1, text: BAD })
})

it('looks at every file', () => {
  const { code, text } = check(bad, good)
  expect(code).toBe(1)
  expect(text.startsWith(BAD)).toBe(true)
  expect(text.endsWith('good.yaml: OK, 3 rules, 1 of them disabled\n')).toBe(true)
  expect(check(good, good).code).toBe(0)
})

it('says when a file is missing', () => {
  expect(check(join(folder, 'none.yaml'))).toEqual({
    code: 1,
    text: 'none.yaml: there is no such file: check the path\nnone.yaml: 1 mistake\n',
  })
})

it('shows no control character of a filter', () => {
  const path = fileOf('odd.yaml', 'rules: [{hook: message.publish, topic: t, filter: "a\\e[31m"}]')
  expect(check(path).text).toContain('a\\u{1b}[31m')
})

it('warns of a rule that would hold up subscribers', () => {
  const path = fileOf('slow.yaml', 'rules:', '  - {hook: message.acked, topic: t, reply: delivered}')
  const { code, text } = check(path)
  expect(code).toBe(0)
  expect(text).toContain(
    'warning: rule message.acked->t: `reply: delivered` on message.acked holds up the subscriber',
  )
})

describe('warnings', () => {
  const path = fileOf('warns.yaml', 'rules:', '  - {hook: message.publish, topic: t}')

  it('have a place and do not change the exit code', () => {
    const { code, text } = check(path)
    expect(code).toBe(0)
    expect(text).toContain(
      'warns.yaml:2:5: warning: rule message.publish->t: on message.publish without a `filter`',
    )
    expect(text).toMatch(/warns\.yaml: OK, 1 rule, 1 warning\n$/)
  })

  it('do with --strict', () => {
    expect(runCheck([path], { write: () => {} }, { strict: true })).toBe(1)
    expect(runCheck([good], { write: () => {} }, { strict: true })).toBe(0)
  })
})

describe('tests', () => {
  const path = fileOf(
    'tests.yaml',
    'rules:',
    '  - {name: r, hook: message.publish, filter: a/+, topic: t}',
    '  - {name: low, hook: message.publish, filter: a/+, topic: low, when: payload.b < 20.0}',
    'tests:',
    '  - name: passes',
    '    event: {event: message.publish, topic: a/b, payload: {b: 30}}',
    '    records: [{topic: t}]',
    '  - name: fails',
    '    event: {event: message.publish, topic: a/b}',
    '    records:',
    '      - topic: u',
    '        value: {qos: 1}',
    '      - topic: low',
  )

  it('that fail are told with place, difference and reason', () => {
    const { code, text } = check(path)
    expect(code).toBe(1)
    expect(text.split('RULE')[0]).toBe(
      [
        'tests.yaml:8:5: test "fails" fails: 3 differences',
        'tests.yaml:10:5: records',
        '    - expected  2 records',
        '    + made      1 record: t (rule r)',
        'tests.yaml:11:16: record 1, topic',
        '    - expected  "u"',
        '    + made      "t"',
        'tests.yaml:12:22: record 1, value.qos',
        '    - expected  1',
        '    + made      0',
        '    rule low makes none: when: it could not be told, CONDITION_FAILED: the payload is no JSON',
        '',
      ].join('\n'),
    )
    expect(text).toMatch(/tests\.yaml: 2 rules, 1 test FAILED, 1 test passed\n$/)
  })

  it('are left out when asked', () => {
    const texts: string[] = []
    const code = runCheck([path], { write: (more) => void texts.push(more) }, { tests: false })
    expect(code).toBe(0)
    expect(texts.join('')).toMatch(/OK, 2 rules, 2 tests not run\n$/)
  })
})

it('a test of several topic filters tells of each that makes nothing', () => {
  const path = fileOf(
    'subscribe.yaml',
    'rules:',
    '  - {name: r, hook: client.subscribe, filter: a/#, exclude: a/b, topic: t}',
    'tests:',
    '  - name: all',
    '    event: {event: client.subscribe, topic: [a/c, a/b, x]}',
    '    records: [{}, {}, {}]',
  )
  expect(check(path).text.split('\n').slice(4, 6)).toEqual([
    '    rule r makes none of a/b: exclude: a/b covers it',
    '    rule r makes none of x: filter: no topic in common with a/#',
  ])
})

describe('the words', () => {
  it.each<[string[], object]>([
    [
      ['a.yaml', '--strict', 'b.yaml'],
      { ask: 'check', files: ['a.yaml', 'b.yaml'], options: { strict: true, tests: true } },
    ],
    [['--no-tests', 'a.yaml'], { ask: 'check', files: ['a.yaml'], options: { strict: false, tests: false } }],
    [['a.yaml', '--help'], { ask: 'help' }],
    [
      [],
      { ask: 'nothing', mistakes: [wordMistake('name a rule file, as in `exhook-kafka check rules.yaml`')] },
    ],
    [
      ['--strikt', 'a'],
      { ask: 'nothing', mistakes: [wordMistake('there is no flag `--strikt`, did you mean `--strict`?')] },
    ],
  ])('%j', (words, expected) => {
    expect(readCheckWords(words)).toEqual(expected)
  })
})
