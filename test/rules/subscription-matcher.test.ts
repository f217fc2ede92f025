import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSubscriptionMatcher } from '../../src/rules/subscription-matcher.ts'
import { createTopicTrie } from '../../src/rules/topic-trie.ts'
import { naiveMatch } from './naive-match.ts'

/** Few levels, and one that no filter names. */
const LITERALS = ['', 'a', 'b', '$', '$a']
const LEVELS = [...LITERALS, 'x']
const MAX_LEVELS = 4

/** Every topic of up to so many of these levels: what two filters of as many levels have in common is among them. */
const TOPICS: readonly string[] = Array.from({ length: MAX_LEVELS - 1 })
  .reduce<string[][]>(
    (all) => [...all, (all.at(-1) ?? []).flatMap((topic) => LEVELS.map((level) => `${topic}/${level}`))],
    [LEVELS],
  )
  .flat()
  .filter((topic) => topic !== '')

const filters = fc
  .tuple(fc.array(fc.constantFrom(...LITERALS, '+', '+'), { maxLength: MAX_LEVELS - 1 }), fc.boolean())
  .map(([levels, rest]) => (rest ? [...levels, '#'] : levels).join('/'))
  .filter((filter) => filter !== '')

const overlaps = (a: string, b: string) =>
  TOPICS.some((topic) => naiveMatch(a, topic) && naiveMatch(b, topic))

/** Whether every topic of the one is one of the other; the empty text, which is no topic but belongs to `/#`, included. */
const coversAll = (wide: string, narrow: string) =>
  ['', ...TOPICS].every((topic) => !naiveMatch(narrow, topic) || naiveMatch(wide, topic))

function overlapping(all: readonly string[], filter: string): readonly string[] {
  const trie = createTopicTrie<string>()
  for (const one of all) trie.add(one, one)
  return trie.overlapping(filter).sort()
}

describe('overlapping', () => {
  it.each<[string, string, boolean]>([
    ['devices/1/state', 'devices/+/state', true],
    ['devices/1/state', '#', true],
    ['devices/1/state', 'devices/1/#', true],
    ['devices/1/state', 'devices/1', false],
    ['devices/1/state', 'devices/1/state/#', true],
    ['a/+', '+/b', true],
    ['a/+', '+/b/c', false],
    ['a/#', 'a', true],
    ['a/+/#', 'a', false],
    ['+', '/', false],
    ['+/+', '/', true],
    ['#', '$SYS/#', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/+', '$SYS/x', true],
    ['$SYS/+', '+/x', false],
    ['a/#', '$SYS/#', false],
    ['a/$b', 'a/+', true],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(overlapping([a], b)).toEqual(expected ? [a] : [])
    expect(overlapping([b], a)).toEqual(expected ? [b] : [])
  })

  it('is what having a topic in common is, tried with all of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(filters, { maxLength: 8 }), filters, (all, filter) => {
        expect(overlapping(all, filter)).toEqual(all.filter((one) => overlaps(one, filter)).sort())
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever a client subscribes', () => {
    fc.assert(
      fc.property(
        fc.array(filters),
        fc.string({ unit: fc.constantFrom('/', '+', '#', '$', 'a') }),
        (all, filter) => {
          expect(overlapping(all, filter).length).toBeLessThanOrEqual(all.length)
        },
      ),
    )
  })

  it('is quick with deep filters and many rules', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `fleet/${i}/+/state`)
    const started = performance.now()
    expect(overlapping(many, '+/+/1/state')).toHaveLength(5_000)
    expect(overlapping(many, `fleet${'/+'.repeat(30_000)}`)).toEqual([])
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('a rule and a subscription', () => {
  const matches = (included: readonly string[] | null, exclude: readonly string[], subscribed: string) =>
    createSubscriptionMatcher([{ item: 'r', filters: included, exclude }], (name) => name)(subscribed)
      .length > 0

  it.each<[string[] | null, string[], string, boolean]>([
    [null, [], '#', true],
    [null, ['#'], '#', false],
    [null, ['+/#'], '#', false],
    [null, ['a/#'], 'a/b', false],
    [null, ['a/#'], '+/b', true],
    [null, ['a/b'], 'a/+', true],
    [['a/#'], ['a/+/debug'], 'a/1/debug', false],
    [['a/#'], ['a/+/debug'], 'a/1/#', true],
  ])('%j without %j takes %j: %s', (included, exclude, subscribed, expected) => {
    expect(matches(included, exclude, subscribed)).toBe(expected)
  })

  it('goes by overlap, unless one excluded filter covers the whole subscription', () => {
    fc.assert(
      fc.property(
        fc.option(fc.array(filters, { minLength: 1, maxLength: 3 })),
        fc.array(filters, { maxLength: 3 }),
        filters,
        (included, exclude, subscribed) => {
          const wanted = included?.some((filter) => overlaps(filter, subscribed)) ?? true
          const covered = exclude.some((filter) => coversAll(filter, subscribed))
          expect(matches(included, exclude, subscribed)).toBe(wanted && !covered)
        },
      ),
      { numRuns: 500 },
    )
  })
})
