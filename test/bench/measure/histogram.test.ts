import { expect, it } from 'vitest'
import { between, bucketsOf, quantile, together } from '../../../bench/measure/histogram.ts'

const scrape = (a: number, b: number, all: number): string =>
  `# TYPE x histogram\nx_bucket{le="0.01"} ${a}\nx_bucket{le="0.02"} ${b}\nx_bucket{le="+Inf"} ${all}\nx_sum 1\nx_count ${all}\n`

it('reads what came between two scrapes, and where a part of it lies', () => {
  const all = between(bucketsOf(scrape(10, 10, 10), 'x'), bucketsOf(scrape(60, 110, 110), 'x'))
  expect(quantile(all, 0.5)).toBeCloseTo(0.01)
  expect(quantile(all, 0.75)).toBeCloseTo(0.015)
  expect(quantile(together([all, all]), 0.75)).toBeCloseTo(0.015)
  expect(quantile(bucketsOf('', 'x'), 0.5)).toBeNaN()
})
