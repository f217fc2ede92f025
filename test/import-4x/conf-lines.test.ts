import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConfSetting, readConfLines } from '../../src/import-4x/conf-lines.ts'

const settingOf = (text: string) => readConfLines(text)[0] as ConfSetting

describe('a line', () => {
  it.each([
    ['a.b = c', 'a.b', 'c', null],
    ['  a.b=c  ', 'a.b', 'c', null],
    ['a = b = c', 'a', 'b = c', null],
    ['a =', 'a', '', null],
    ['a = b # c', 'a', 'b', '# c'],
    ['a = # c', 'a', '', '# c'],
    ['a = b#c', 'a', 'b#c', null],
    ['a = {"f": "#"}', 'a', '{"f": "#"}', null],
    ['a = {"f": "} # \\" #"}  ## x', 'a', '{"f": "} # \\" #"}', '## x'],
    ['a = {"f": {"g": 1}} # x', 'a', '{"f": {"g": 1}}', '# x'],
    ['a = {"f": "#"} x', 'a', '{"f": "#"} x', null],
    ['a = {"f": "#"', 'a', '{"f": "#"', null],
  ])('%s', (text, key, value, remark) => {
    expect(settingOf(text)).toEqual({ kind: 'setting', line: 1, key, value, remark })
  })

  it.each(['what is this', '= b', 'a b = c', 'include "other.conf"'])('%s is none', (text) => {
    expect(readConfLines(text)).toEqual([{ kind: 'other', line: 1, text }])
  })
})

it('reads the line ends of every system, and a byte order mark', () => {
  expect(readConfLines('\uFEFFa=1\r\n\r\n## c\rb=2\n').map(({ kind, line }) => `${line} ${kind}`)).toEqual([
    '1 setting',
    '2 blank',
    '3 comment',
    '4 setting',
  ])
  expect(readConfLines('')).toEqual([])
})

it('has each line once, in order', () => {
  const line = fc.string({ unit: fc.constantFrom('a', '=', '#', '{', '}', '"', '\\', ' ', '.') })
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const read = readConfLines(lines.map((text) => `${text}\n`).join(''))
      expect(read.map((one) => one.line)).toEqual(lines.map((_, index) => index + 1))
    }),
  )
})
