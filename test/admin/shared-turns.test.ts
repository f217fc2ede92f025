import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createSharedTurns } from '../../src/admin/shared-turns.ts'

it('tells nobody what is older than the question, and spends no more than a part of the time on it', async () => {
  let now = 0
  let spentMs = 0
  const ask = createSharedTurns(async () => {
    const start = performance.now()
    const seen = now
    await sleep(10)
    spentMs += performance.now() - start
    return seen
  })
  const start = performance.now()
  const askers = Array.from({ length: 20 }, async () => {
    while (performance.now() - start < 600) {
      const asked = ++now
      expect(await ask()).toBeGreaterThanOrEqual(asked)
    }
  })
  await Promise.all(askers)
  const elapsedMs = performance.now() - start
  expect(spentMs).toBeGreaterThan(0)
  // A fifth, and the turn that was under way at the end.
  expect(spentMs).toBeLessThan(0.2 * elapsedMs + 100)
})

it('goes on after a failure, which is told to all who waited', async () => {
  let turns = 0
  const ask = createSharedTurns(async () => {
    if (++turns === 1) throw new Error('once')
    return turns
  })
  expect(await Promise.allSettled([ask(), ask()])).toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ])
  expect(await ask()).toBe(2)
})
