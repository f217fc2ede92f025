import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createUnbegunRequests, type UnbegunRequest } from '../../src/exhook/unbegun-requests.ts'

/** A request whose caller gives up so soon. */
function request(inMs: number, isGone = false): UnbegunRequest & { givenUp: number; told: number } {
  return {
    giveUpAtMs: Date.now() + inMs,
    isGone,
    givenUp: 0,
    told: 0,
    vanished() {
      this.told++
    },
    giveUp() {
      this.givenUp++
    },
  }
}

it('gives up, once, what has not begun in time; not what began, or has gone', async () => {
  const unbegun = createUnbegunRequests()
  const [late, begun, gone, patient] = [request(50), request(50), request(50, true), request(60_000)]
  for (const each of [late, begun, gone, patient]) unbegun.add(each)
  unbegun.delete(begun)
  await sleep(700)
  expect([late, begun, gone, patient].map(({ givenUp }) => givenUp)).toEqual([1, 0, 0, 0])
  expect([late, begun, gone, patient].map(({ told }) => told)).toEqual([0, 0, 1, 0])
  const next = request(0)
  unbegun.add(next)
  await sleep(500)
  expect([late.givenUp, next.givenUp]).toEqual([1, 1])
})
