import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTopicTrie } from '../../src/rules/topic-trie.ts'
import { filters, topics } from './arbitraries.ts'
import { naiveMatch } from './naive-match.ts'

function matches(filter: string, topic: string): boolean {
  const trie = createTopicTrie<string>()
  trie.add(filter, filter)
  return trie.match(topic).length > 0
}

describe('the corners of MQTT 4.7', () => {
  it.each([
    // [MQTT-4.7.1-1] with the examples of the specification
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/player1/#', 'sport/tennis/player10', false],
    ['sport/#', 'sport', true],
    ['#', 'sport', true],
    ['#', '/', true],
    ['/#', '/', true],
    ['/#', 'a', false],
    ['a/#', 'a/', true],
    // [MQTT-4.7.1-2]
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['+/tennis/#', 'a/tennis', true],
    ['sport/+/player1', 'sport/x/player1', true],
    ['+', 'a', true],
    ['+/#', 'a', true],
    // Empty levels
    ['/', '/', true],
    ['/', '//', false],
    ['a//b', 'a//b', true],
    ['a/b', 'a//b', false],
    ['a/+/b', 'a//b', true],
    ['a/', 'a', false],
    ['a', 'a/', false],
    ['/a', 'a', false],
    ['+/a', '/a', true],
    // [MQTT-4.7.2-1]
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['+', '$SYS', false],
    ['+/#', '$SYS/x', false],
    ['#', '$', false],
    ['$SYS/#', '$SYS/x', true],
    ['$SYS/#', '$SYS', true],
    ['$SYS/+', '$SYS/x', true],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['a/+', 'a/$x', true],
    ['a/#', 'a/$x', true],
    ['+/$x', 'a/$x', true],
    // [MQTT-4.7.3-4] Nothing is normalized: case, accents and spaces count.
    ['ACCOUNTS', 'Accounts', false],
    ['caf\u00e9', 'cafe\u0301', false],
    ['a b', 'a b', true],
    ['a ', 'a', false],
    // Wildcards in what is matched are levels like others (subscriptions are matched so).
    ['devices/#', 'devices/+/state', true],
    ['devices/+/state', 'devices/+/state', true],
    ['devices/+/state', 'devices/#', false],
    ['devices/a/state', 'devices/+/state', false],
  ])('%j takes %j: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected)
    expect(naiveMatch(filter, topic)).toBe(expected)
  })
})

it('finds what the clauses say, for any filters and topic', () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 12 }), topics, (all, topic) => {
      const trie = createTopicTrie<number>()
      for (const [index, filter] of all.entries()) trie.add(filter, index)
      const expected = [...all.keys()].filter((index) => naiveMatch(all[index] ?? '', topic))
      expect(trie.match(topic).sort((a, b) => a - b)).toEqual(expected)
    }),
    { numRuns: 5_000 },
  )
})

it('keeps several values of one filter', () => {
  const trie = createTopicTrie<string>()
  trie.add('a/+', 'one')
  trie.add('a/+', 'two')
  expect(trie.match('a/b')).toEqual(['one', 'two'])
})

describe('the largest topics MQTT allows', () => {
  it('cost no more than the filters are deep', () => {
    const trie = createTopicTrie<string>()
    for (const filter of ['#', 'a/#', '+/+/#', 'a/a/a']) trie.add(filter, filter)
    const topic = Array.from({ length: 32_768 }, () => 'a').join('/')
    expect(topic.length).toBe(65_535)
    expect(trie.match(topic).sort()).toEqual(['#', '+/+/#', 'a/#'])
  })

  it('match a filter as deep as they are', () => {
    const trie = createTopicTrie<string>()
    trie.add('/'.repeat(65_535), 'slashes')
    trie.add(Array.from({ length: 32_768 }, () => '+').join('/'), 'pluses')
    expect(trie.match('/'.repeat(65_535))).toEqual(['slashes'])
    expect(trie.match('/'.repeat(32_767))).toEqual(['pluses'])
  })

  it('do not make many `+` branches explode', () => {
    // Every filter of 12 levels of `a` and `+`: a topic of 12 `a` matches all 4,096, by as many paths.
    const trie = createTopicTrie<number>()
    for (let bits = 0; bits < 4_096; bits++) {
      const levels = Array.from({ length: 12 }, (_, level) => ((bits >> level) & 1 ? '+' : 'a'))
      trie.add(levels.join('/'), bits)
    }
    const started = performance.now()
    expect(trie.match('a/a/a/a/a/a/a/a/a/a/a/a')).toHaveLength(4_096)
    expect(trie.match('a/'.repeat(30_000))).toHaveLength(0)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
