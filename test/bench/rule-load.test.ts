import { expect, it } from 'vitest'
import { linearScan, mixedFilters, topicsFor } from '../../bench/rule-load.ts'
import { naiveMatch } from '../rules/naive-match.ts'

it('is what it says: all topics different, about half of them matched, by filters of every kind', () => {
  const filters = mixedFilters(100)
  const topics = topicsFor(100, 10_000)
  expect(new Set(topics).size).toBe(topics.length)
  const scan = linearScan(filters)
  const matched = topics.filter((topic) => scan(topic) > 0).length / topics.length
  expect(matched).toBeGreaterThan(0.3)
  expect(matched).toBeLessThan(0.7)
  for (const topic of topics.slice(0, 500))
    expect(scan(topic)).toBe(filters.filter((filter) => naiveMatch(filter, topic)).length)
})
