import { expect, it } from 'vitest'
import { createRuleCounts } from '../../src/telemetry/rule-counts.ts'
import { record } from '../support/records.ts'

it('counts what each rule makes, and forgets the rules that are gone', () => {
  const counts = createRuleCounts()
  const of = (...rules: readonly string[]) => rules.map((rule) => ({ ...record('t', 'k', 'v'), rule }))
  counts.made(of('a', 'b'))
  counts.made(of('a'))
  counts.failed('b')
  expect([counts.of('a'), counts.of('b'), counts.of('c')]).toEqual([
    { records: 2, errors: 0 },
    { records: 1, errors: 1 },
    { records: 0, errors: 0 },
  ])
  counts.keep([{ name: 'a' }, { name: 'c' }])
  expect([counts.of('a').records, counts.of('b').records]).toEqual([2, 0])
})
