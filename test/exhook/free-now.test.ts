import { expect, it } from 'vitest'
import { freeNow } from '../../src/exhook/free-now.ts'

it('frees a large buffer that has its memory to itself, at once', () => {
  const buffer = Buffer.alloc(20_000_000)
  const before = process.memoryUsage().arrayBuffers
  freeNow(buffer)
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(19_000_000)
  expect(buffer.length).toBe(0)
  freeNow(buffer)
})

it.each([
  ['a part of a larger one', Buffer.alloc(200_000).subarray(1)],
  ['one of the pool', Buffer.from('abc')],
  ['a small one', Buffer.alloc(1000)],
])('leaves %s alone', (_, buffer) => {
  const { length } = buffer
  freeNow(buffer)
  expect(buffer.length).toBe(length)
})
