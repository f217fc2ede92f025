import { expect, it } from 'vitest'
import { rulesChange } from '../../src/reload/rules-change.ts'
import { readRules } from '../../src/rules/rule-file.ts'

const configs = (...rules: readonly string[]) =>
  readRules(
    `rules:\n${rules.map((rule) => `  - {${rule}, hook: message.publish, topic: t}\n`).join('')}`,
    'r',
  )
const NOTHING = { added: [], removed: [], changed: [], reordered: false }

it.each([
  ['nothing', ['name: a'], ['name: a'], null],
  ['a default written out', ['name: a'], ['name: a, enabled: true'], null],
  ['a filter', ['name: a'], ['name: a, filter: x'], { ...NOTHING, changed: ['a'] }],
  ['a header', ['name: a, headers: {b: c}'], ['name: a, headers: {b: d}'], { ...NOTHING, changed: ['a'] }],
  ['a rule switched off', ['name: a'], ['name: a, enabled: false'], { ...NOTHING, changed: ['a'] }],
  ['one more', ['name: a'], ['name: b', 'name: a'], { ...NOTHING, added: ['b'] }],
  ['one less', ['name: a', 'name: b'], ['name: b'], { ...NOTHING, removed: ['a'] }],
  ['the order', ['name: a', 'name: b'], ['name: b', 'name: a'], { ...NOTHING, reordered: true }],
])('%s', (_, before, after, change) => {
  expect(rulesChange(configs(...before), configs(...after))).toEqual(change)
})
