import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, dropCovered } from '../../src/rules/filter-cover.ts'
import { filters, topics } from './arbitraries.ts'
import { naiveMatch } from './naive-match.ts'

describe('covers', () => {
  it.each([
    ['#', 'a', true],
    ['#', 'a/#', true],
    ['#', '+', true],
    ['#', '+/#', true],
    ['a/#', 'a', true],
    ['a/#', 'a/+/b', true],
    ['a/#', 'a/b/#', true],
    ['a/+', 'a/b', true],
    ['+/b', 'a/b', true],
    ['+/+', '+/b', true],
    ['a/b', 'a/b', true],
    ['a/+/#', 'a/b', true],
    ['$x/#', '$x/y', true],
    ['a/+', 'a/#', false],
    ['a/+', 'a/b/c', false],
    ['a/+', 'a', false],
    ['a/b', 'a/+', false],
    ['a/b/#', 'a/#', false],
    ['a/+/#', 'a/#', false],
    ['a', 'b', false],
    ['#', '$x/y', false],
    ['+/y', '$x/y', false],
    ['+/#', '$x/#', false],
  ])('%j covers %j: %s', (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected)
  })

  it('is never said of a filter that leaves a topic out', () => {
    fc.assert(
      fc.property(filters, filters, topics, (wide, narrow, topic) => {
        fc.pre(covers(wide, narrow) && naiveMatch(narrow, topic))
        return naiveMatch(wide, topic)
      }),
    )
  })
})

describe('dropCovered', () => {
  it.each([
    [[], []],
    [
      ['a/+', 'a/+', 'b'],
      ['a/+', 'b'],
    ],
    [
      ['a/b', 'a/+', 'a/c/d', 'b'],
      ['a/+', 'a/c/d', 'b'],
    ],
    [
      ['a/b', '#', '$SYS/#'],
      ['#', '$SYS/#'],
    ],
    [['a/#', 'a/+'], ['a/#']],
    [['a/+', 'a/#'], ['a/#']],
    [['+/#', '#'], ['#']],
  ])('%j', (all, kept) => {
    expect(dropCovered(all)).toEqual(kept)
  })

  it('takes the same topics as before, and keeps none that another one covers', () => {
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 10 }), topics, (all, topic) => {
        const kept = dropCovered(all)
        expect(kept.some((filter) => naiveMatch(filter, topic))).toBe(
          all.some((filter) => naiveMatch(filter, topic)),
        )
        expect(kept.some((one) => kept.some((other) => other !== one && covers(other, one)))).toBe(false)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is quick with many filters', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `fleet/${index}/+/state`)
    const started = performance.now()
    expect(dropCovered(many)).toHaveLength(20_000)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
