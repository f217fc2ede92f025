import { expect, it } from 'vitest'
import { hookCalls } from '../../../bench/load/hook-calls.ts'
import { connectionOf, createRequests } from '../../../bench/load/virtual-clients.ts'
import { createDecodeEvent } from '../../../src/events/decode-event.ts'
import { contract } from '../../exhook/served.ts'

it('spreads clients over all connections, each always on the same one', () => {
  const of = Array.from({ length: 1024 }, (_, i) => connectionOf(`p1-${String(i).padStart(6, '0')}`, 8))
  const counts = Array.from({ length: 8 }, (_, c) => of.filter((one) => one === c).length)
  expect(Math.min(...counts)).toBeGreaterThan(90)
  expect(Math.max(...counts)).toBeLessThan(170)
})

it('puts the client, the publisher and the number into a call', () => {
  const calls = hookCalls({ mix: 'mix', version: 'v2', prefix: 'p1-', topicPrefix: 'devices' })
  const acked = calls.findIndex(({ path }) => path.endsWith('OnMessageAcked'))
  const { path, message } = createRequests({ calls, clients: 8 })({ number: 7, step: acked, sequence: 42 })
  expect(path).toBe('/emqx.exhook.v2.HookProvider/OnMessageAcked')
  expect(message.readUInt32BE(1)).toBe(message.length - 5)
  const event = createDecodeEvent(contract)('message.acked', message.subarray(5), 0)
  expect(event).toMatchObject({ clientid: 'p1-000007', topic: 'devices/p1-000000/state' })
  expect(event).toMatchObject({ message: { from: 'p1-000000' } })
  expect('message' in event && event.message.payload.toString().slice(0, 15)).toBe('seq=0000000042 ')
})
