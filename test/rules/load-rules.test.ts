import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadRules, parseRules, unreadable } from '../../src/rules/load-rules.ts'
import { EVENTS } from './sample-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'rules-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function errorOf(path: string): string {
  try {
    loadRules(path)
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

const GOOD = 'rules:\n  - hook: message.publish\n    topic: état\n'.replace('état', 'state')

describe('loadRules', () => {
  it.each([
    ['plain', GOOD],
    ['with a byte order mark and CR LF', `\uFEFF${GOOD.replaceAll('\n', '\r\n')}`],
  ])('reads a file %s', (_title, content) => {
    const rules = loadRules(fileOf('good.yaml', content))
    expect(rules.rules.map(({ name }) => name)).toEqual(['message.publish->state'])
    expect(rules.apply(EVENTS['message.publish'])).toHaveLength(1)
  })

  it('names the file as it was given', () => {
    const path = fileOf('bad.yaml', GOOD.replace('topic', 'topik'))
    expect(errorOf(path)).toBe(`${path}:3:5: there is no key \`topik\`, did you mean \`topic\`?`)
  })

  it('says what keeps it from reading', () => {
    expect(errorOf(join(folder, 'none.yaml'))).toBe(
      `${folder}/none.yaml: there is no such file: check the path`,
    )
    expect(errorOf(folder)).toBe(`${folder}: this is a directory: name the rule file in it`)
    const latin1 = fileOf('latin1.yaml', Buffer.from('# \xe9t\xe9\n', 'latin1'))
    expect(errorOf(latin1)).toBe(`${latin1}: the file is not UTF-8 text: save it as UTF-8`)
    expect(errorOf(`${latin1}/x`)).toMatch(/: the file cannot be read: ENOTDIR/)
    expect(errorOf(fileOf('empty.yaml', ''))).toMatch(/empty\.yaml:1:1: the file is empty/)
  })

  it('says that it may not read', () => {
    const denied = Object.assign(new Error('permission denied'), { code: 'EACCES' })
    expect(unreadable(denied)).toBe('the file may not be read: check its permissions')
  })
})

it('parseRules throws nothing but a ConfigError', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseRules(text, 'rules.yaml')
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
      }
    }),
  )
})
