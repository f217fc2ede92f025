import { expect, it } from 'vitest'
import { createMatchCache } from '../../src/rules/match-cache.ts'

function counting(limits: { maxTopicLength: number; generationBytes: number }) {
  const looked: string[] = []
  const find = createMatchCache((topic) => {
    looked.push(topic)
    return [topic]
  }, limits)
  return { find, looked }
}

it('gives the same array again', () => {
  const { find, looked } = counting({ maxTopicLength: 10, generationBytes: 10_000 })
  expect(find('a')).toBe(find('a'))
  expect(looked).toEqual(['a'])
})

it('does not remember topics longer than its limit', () => {
  const { find, looked } = counting({ maxTopicLength: 3, generationBytes: 10_000 })
  for (const topic of ['abc', 'abcd', 'abc', 'abcd']) expect(find(topic)).toEqual([topic])
  expect(looked).toEqual(['abc', 'abcd', 'abcd'])
})

it('keeps what is in use and forgets the rest', () => {
  // An entry of one letter and one item counts 138 bytes: a generation holds four.
  const { find, looked } = counting({ maxTopicLength: 10, generationBytes: 4 * 138 })
  for (const topic of 'abcdefghijklmnopqrstuvwxyz') {
    find(topic)
    find('a')
  }
  expect(looked.filter((topic) => topic === 'a')).toHaveLength(1)
  looked.length = 0
  find('b')
  expect(looked).toEqual(['b'])
})

it('holds two generations at most', () => {
  const { find, looked } = counting({ maxTopicLength: 10, generationBytes: 10 * 138 })
  const topics = Array.from({ length: 100 }, (_, index) => String.fromCharCode(0x100 + index))
  for (const topic of topics) find(topic)
  looked.length = 0
  // From the youngest on: looking does not push out what was not looked at yet before it moved to the young ones.
  for (const topic of topics.slice(-10).reverse()) find(topic)
  expect(looked).toEqual([])
  for (const topic of topics.slice(0, 50)) find(topic)
  expect(looked).toHaveLength(50)
})
