import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createRefusedRequests, type RefusedRequest } from '../../src/exhook/refused-requests.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function bench(waiting = 0) {
  const refused = createRefusedRequests(
    { atOnce: 2, maxUnread: 3, patienceMs: 1000 },
    { waiting: () => waiting },
  )
  const reads: string[] = []
  const requests = new Map<string, RefusedRequest>()
  return {
    refused,
    reads,
    add(...names: string[]) {
      for (const name of names) {
        const request = {
          pause: () => void reads.push(`-${name}`),
          resume: () => void reads.push(`+${name}`),
        }
        requests.set(name, request)
        refused.add(request)
      }
    },
    closed: (name: string) => refused.closed(requests.get(name) as RefusedRequest),
  }
}

it('reads so many at a time, the next when one is over, and all when too many would be left unread', () => {
  const { reads, add, closed } = bench()
  add('a', 'b', 'c', 'd', 'e', 'f')
  expect(reads).toEqual(['+a', '+b', '-c', '-d', '-e', '+f'])
  closed('f')
  closed('d')
  closed('a')
  closed('a')
  closed('b')
  expect(reads.slice(6)).toEqual(['+c', '+e'])
})

it('counts those that wait for their turn among the unread', () => {
  const { reads, add } = bench(2)
  add('a', 'b', 'c', 'd')
  expect(reads).toEqual(['+a', '+b', '-c', '+d'])
})

it('does not let a sender that never ends keep the others waiting', () => {
  const { reads, add } = bench()
  add('a', 'b', 'c')
  vi.advanceTimersByTime(1000)
  expect(reads).toEqual(['+a', '+b', '-c', '+c'])
})
