import { expect, it } from 'vitest'
import type { LoggedCall } from './call-log.ts'
import { compare } from './compare.ts'
import type { ConsumedRecord } from './kafka/consume.ts'

const call = (messageId: string, more: Partial<LoggedCall> = {}): LoggedCall => ({
  ...{ messageId, clientid: 'a', outcome: 'succeeded', rejected: false, startedAt: 0, ms: 1, ...more },
})
const found = (id: string, partition = 0): ConsumedRecord => ({
  ...{ topic: 't', partition, offset: 0, key: 'a', value: Buffer.alloc(0), timestampMs: 0 },
  headers: { 'emqx-message-id': id },
})

it('finds nothing wrong where nothing is', () => {
  expect(compare([found('1'), found('2')], [call('1'), call('2')])).toEqual({
    ...{ messages: 2, missing: [], duplicates: 0, outOfOrder: 0, astray: 0 },
  })
})

it.each<[string, Partial<LoggedCall>, number]>([
  ['answered', {}, 1],
  ['rejected', { rejected: true }, 0],
  ['failed', { outcome: 'failed' }, 0],
  ['timed out', { outcome: 'timedOut' }, 0],
])('misses only what was answered and not rejected: %s', (_name, how, missing) => {
  expect(compare([], [call('1', how)]).missing).toHaveLength(missing)
})

it('counts what is there again, and not as out of order', () => {
  const again = compare([found('1'), found('2'), found('1')], [call('1'), call('2')])
  expect(again).toMatchObject({ messages: 2, duplicates: 1, outOfOrder: 0 })
})

it('counts order for each client, and within each life of the provider', () => {
  const calls = [call('1'), call('2', { startedAt: 9 }), call('other', { clientid: 'b' })]
  const records = [found('other'), found('2'), found('1')]
  expect(compare(records, calls).outOfOrder).toBe(1)
  expect(compare(records, calls, ({ startedAt }) => startedAt).outOfOrder).toBe(0)
})

it('sees a client on two partitions, and passes over what is not of these calls', () => {
  const calls = [call('1'), call('2')]
  expect(compare([found('1', 0), found('2', 1), found('x')], calls)).toMatchObject({ messages: 2, astray: 1 })
})
