import { expect, it } from 'vitest'
import { createTokenSource, type FreshToken } from '../../src/kafka/token-source.ts'
import { quietLog } from '../support/quiet-log.ts'

/** A clock, and tokens that are numbered. */
function scene(lifeMs: number | null) {
  let now = 1_000_000
  let asked = 0
  let broken = false
  const token = createTokenSource({
    log: quietLog,
    nowMs: () => now,
    async fetchToken(): Promise<FreshToken> {
      asked++
      const value = `token ${asked}`
      await Promise.resolve()
      if (broken) throw new Error('away')
      return { value, endsAtMs: lifeMs === null ? null : now + lifeMs }
    },
  })
  return {
    token,
    pass: (ms: number) => {
      now += ms
    },
    asked: () => asked,
    breaks: (is: boolean) => {
      broken = is
    },
  }
}

it('gives the same token until half of its life is over, then a new one', async () => {
  const { token, pass } = scene(60_000)
  expect(await token()).toBe('token 1')
  pass(29_999)
  expect(await token()).toBe('token 1')
  pass(1)
  expect(await token()).toBe('token 2')
})

it('asks once for all who wait', async () => {
  const { token, asked } = scene(60_000)
  expect(await Promise.all([token(), token(), token()])).toEqual(['token 1', 'token 1', 'token 1'])
  expect(asked()).toBe(1)
})

it('asks each time where nobody said how long a token lasts', async () => {
  const { token } = scene(null)
  expect([await token(), await token()]).toEqual(['token 1', 'token 2'])
})

it('makes do with the old one while it is good and there is no new one, and asks again', async () => {
  const { token, pass, breaks, asked } = scene(60_000)
  await token()
  breaks(true)
  pass(45_000)
  expect(await token()).toBe('token 1')
  pass(6_000)
  await expect(token()).rejects.toThrow('away')
  expect(asked()).toBe(3)
  breaks(false)
  expect(await token()).toBe('token 4')
})
