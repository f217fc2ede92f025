import { describe, expect, it } from 'vitest'
import { retryDelayMs } from '../../src/delivery/retry-clock.ts'

describe('retryDelayMs', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 3000],
    [30, 30_000],
    [31, 30_000],
    [1_000_000, 30_000],
  ])('after %i failures is about %i ms', (failures, ms) => {
    expect(retryDelayMs(failures, 0.5)).toBe(ms)
    expect(retryDelayMs(failures, 0)).toBe(ms * 0.9)
    expect(retryDelayMs(failures, 0.999)).toBeLessThanOrEqual(ms * 1.1)
  })
})
