import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTimeCounter, largestLike, percentilesOf, quantileMs } from '../../../bench/measure/latency.ts'

it('keeps each time within 1 %, and never below', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (microseconds) => {
      const kept = largestLike(microseconds)
      expect(kept).toBeGreaterThanOrEqual(microseconds)
      expect(kept).toBeLessThanOrEqual(microseconds * 1.01)
      expect(largestLike(kept)).toBe(kept)
    }),
  )
})

it('finds every quantile of the times that it counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (times, p) => {
        const counter = createTimeCounter()
        for (const time of times) counter.add(time)
        const sorted = times.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(times.length * p) - 1)] ?? Number.NaN
        expect(quantileMs(counter.times(), p)).toBe(largestLike(exact) / 1000)
      },
    ),
  )
})

it('gives nothing where nothing was counted', () => {
  expect(percentilesOf([]).p99).toBeNaN()
  expect(
    percentilesOf([
      [1000, 99],
      [5000, 1],
    ]),
  ).toMatchObject({ p50: 1, p90: 1, p99: 1, p999: 5, max: 5 })
})
