import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mistakesOf, rule } from './mistakes.ts'

describe('errors of syntax', () => {
  it.each<[title: string, text: string, mistakes: string[]]>([
    ['a tab', 'rules:\n\t- a: 1\n', ['2:1: a tab indents this line: indent with spaces']],
    [
      'two documents',
      `${rule()}---\n${rule()}`,
      ['4:1: a second document begins here: keep one document a file'],
    ],
    [
      'a colon',
      rule('name: a: b'),
      [
        '4:11: this is not valid YAML: Nested mappings are not allowed in compact mappings: put a value that holds `: ` in quotes',
      ],
    ],
    [
      'a reserved character',
      rule('name: @x'),
      [
        '4:11: this is not valid YAML: Plain value cannot start with reserved character @: put the value in quotes',
      ],
    ],
    [
      'a tag',
      rule('name: !secret x'),
      ['4:11: this is not valid YAML: Unresolved tag: !secret: remove the tag'],
    ],
    [
      'a dangling alias',
      rule('name: *x'),
      ['4:11: no anchor of that name comes before this alias: add `&name` there'],
    ],
    [
      'an alias before its anchor',
      rule('name: *x', 'filter: &x a'),
      ['4:11: no anchor of that name comes before this alias: add `&name` there'],
    ],
    [
      'too many aliases',
      rule('name: &x x', `filter: [${'*x, '.repeat(101)}]`),
      ['1:1: the file has more than 100 aliases: write the values out'],
    ],
  ])('%s', (_title, text, expected) => {
    expect(mistakesOf(text)).toEqual(expected)
  })

  it('have the same places in a file with CR LF and a byte order mark', () => {
    const text = rule('key: ${x', 'enabled: 1')
    expect(mistakesOf(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(mistakesOf(text))
    expect(mistakesOf('\uFEFFrule: []')).toEqual(['1:1: there is no key `rule`, did you mean `rules`?'])
  })
})

describe('any text', () => {
  /** What YAML and rules are made of; the words are parted by blanks. */
  const pieces = fc.constantFrom(
    ...'rules: hook: topic: filter: key: name: [ ] { } &a *a !t ? : - # " \' | > % @ <<: ~ 12 true'.split(
      ' ',
    ),
    ...'message.publish client.connected a/+ ${topic} ${'.split(' '),
    ...[' ', '\n', '\n  - ', '\n    ', '\r\n', '\t', '---\n', '\u0000', '\uFEFF'],
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    fc
      .array(pieces, { maxLength: 40 })
      .map((all) => `rules:\n  - hook: message.publish\n    ${all.join('')}`),
    fc.json().map((json) => `{"rules": ${json}}`),
  )

  it('is rules, or a ConfigError whose mistakes have their place', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const mistake of mistakesOf(text)) expect(mistake).toMatch(/^[1-9]\d*:[1-9]\d*: [\P{C}]+$/u)
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['flow lists', '['.repeat(20_000)],
    ['flow maps', '{a: '.repeat(20_000)],
    ['block lists', '- '.repeat(20_000)],
    ['block maps', Array.from({ length: 5_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('that nests %s very deep is a ConfigError too', (_title, text) => {
    expect(mistakesOf(text).length).toBeGreaterThan(0)
  })
})
