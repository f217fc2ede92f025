import { expect, it } from 'vitest'
import { escaped, quoted } from '../../src/text/quoted.ts'

it('escapes what a terminal would obey or a line would end at', () => {
  expect(escaped('a\n\u001b[31mé\u202e\ud800')).toBe('a\\u{a}\\u{1b}[31mé\\u{202e}\\u{d800}')
})

it('cuts what is long', () => {
  expect(quoted('x'.repeat(80))).toBe(`\`${'x'.repeat(80)}\``)
  expect(quoted('x'.repeat(81))).toBe(`\`${'x'.repeat(80)}…\``)
})
