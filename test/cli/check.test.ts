import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCheck } from '../../src/cli/check.ts'

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
  '  - {hook: message.publish, filter: [devices/+/state, a], exclude: a/#, topic: message_state}',
  '  - {hook: [client.connected, client.disconnected], topic: presence, name: who is there, enabled: false}',
  '  - {hook: session.subscribed, topic: subscriptions}',
)
const bad = fileOf('bad.yaml', 'rules:', '  - hook: message.publsh', '    topik: t', '    enabled: maybe')

const GOOD = [
  'RULE                               HOOKS                                  FILTERS                              KAFKA TOPIC',
  'message.publish->message_state     message.publish                        devices/+/state, a, but not a/#      message_state',
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

it('says when a file is missing, and when none is named', () => {
  expect(check(join(folder, 'none.yaml'))).toEqual({
    code: 1,
    text: 'none.yaml: there is no such file: check the path\nnone.yaml: 1 mistake\n',
  })
  expect(check()).toEqual({
    code: 1,
    text: 'check: name at least one rule file, as in `exhook-kafka check rules.yaml`\n',
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
