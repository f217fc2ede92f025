import { expect, test } from 'vitest'
import { createClientQueue } from '../../demo/emqx-stand-in/client-queue.ts'
import { isAtLeast, rpcOf } from '../../demo/emqx-stand-in/contract.ts'
import { newMessageId } from '../../demo/emqx-stand-in/message.ts'
import { timeoutHeader } from '../../demo/emqx-stand-in/provider-pool.ts'
import { filterMatches } from '../../demo/emqx-stand-in/topic-filter.ts'

test.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['+', 'a', true],
  ['+', '/a', false],
  ['+/+', '/a', true],
  ['#', 'a/b/c', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['#', '$SYS/x', false],
  ['+/x', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['$share/g/a', 'a', false],
])('filter %s, topic %s: %s', (filter, topic, matches) => {
  expect(filterMatches(filter, topic)).toBe(matches)
})

test.each([
  [5_000, '5S'],
  [1_900, '1S'],
  [700, '700m'],
])('a timeout of %i ms is told as %s', (ms, header) => {
  expect(timeoutHeader(ms)).toBe(header)
})

test('versions compare by number', () => {
  expect(isAtLeast('5.10.0', 5, 9)).toBe(true)
  expect(isAtLeast('5.8.9', 5, 9)).toBe(false)
  expect(isAtLeast('6.0.1', 5, 9)).toBe(true)
})

test('an RPC is named after its hook', () => {
  expect(rpcOf('session.takenover')).toBe('OnSessionTakenover')
})

test('message ids are 32 digits and never repeat', () => {
  const ids = Array.from({ length: 1_000 }, newMessageId)
  expect(new Set(ids).size).toBe(1_000)
  expect(ids[0]).toMatch(/^[0-9A-F]{32}$/)
})

test('a client queue runs one task at a time, in order', async () => {
  const queue = createClientQueue()
  const seen: string[] = []
  for (const [name, ms] of [
    ['slow', 20],
    ['quick', 0],
  ] as const) {
    queue.run(async () => {
      seen.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, ms))
      seen.push(`${name} ends`)
    })
  }
  await queue.idle()
  expect(seen).toEqual(['slow begins', 'slow ends', 'quick begins', 'quick ends'])
})
