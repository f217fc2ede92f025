import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTopicMatcher } from '../../src/rules/topic-matcher.ts'
import { filters, topics } from './arbitraries.ts'
import { naiveMatch } from './naive-match.ts'

const wanted = fc.array(
  fc.record({
    filters: fc.option(fc.array(filters, { minLength: 1, maxLength: 4 })),
    exclude: fc.array(filters, { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 8 },
)

it('finds each item once, in the order given, without the excluded, and the same array again', () => {
  fc.assert(
    fc.property(wanted, fc.array(topics, { minLength: 1, maxLength: 4 }), (wishes, names) => {
      const find = createTopicMatcher(wishes.map((wish, item) => ({ item, ...wish })))
      for (const name of [...names, ...names]) {
        const expected = [...wishes.entries()]
          .filter(([, wish]) => wish.filters?.some((filter) => naiveMatch(filter, name)) ?? true)
          .filter(([, wish]) => !wish.exclude.some((filter) => naiveMatch(filter, name)))
          .map(([item]) => item)
        expect(find(name)).toEqual(expected)
        expect(find(name)).toBe(find(name))
      }
    }),
    { numRuns: 2_000 },
  )
})

it('takes topics that begin with `$` when there is no filter, and not with `#`', () => {
  const find = createTopicMatcher([
    { item: 'all', filters: null, exclude: ['b/#'] },
    { item: 'wild', filters: ['#'], exclude: [] },
  ])
  expect(find('$x')).toEqual(['all'])
  expect(find('a')).toEqual(['all', 'wild'])
  expect(find('b')).toEqual(['wild'])
})
