import { expect, it } from 'vitest'
import { median, medianRatio } from '../../../bench/measure/statistics.ts'

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

it('takes the ratio of each round before their median', () => {
  expect(medianRatio([10, 100, 30], [5, 20, 10])).toBe(3)
  expect(medianRatio([], [])).toBeNaN()
})
