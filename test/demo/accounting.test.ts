import { describe, expect, test } from 'vitest'
import { createArrivals, pretty } from '../../demo/arrivals.ts'
import { createLatencies } from '../../demo/latencies.ts'
import { parseOptions } from '../../demo/options.ts'
import { differenceFrom, loadSmartLockScenario } from '../../demo/smart-lock-scenario.ts'

function arrival(lock: string, sequence: number | undefined, ts = Date.now()) {
  const value = {
    client_id: lock,
    username: '',
    topic: `devices/${lock}/state`,
    payload: Buffer.from(JSON.stringify({ sequence })).toString('base64'),
    ts,
  }
  return {
    topic: 'message_state',
    key: lock,
    value: Buffer.from(JSON.stringify(value)),
    place: 'message_state[0]@0',
  }
}

describe('arrivals', () => {
  test('tell what is missing, twice or out of order', () => {
    const arrivals = createArrivals()
    for (const sequence of [1, 3, 2, 3]) arrivals.add(arrival('a', sequence))
    arrivals.add(arrival('b', 1))
    expect(arrivals.count).toBe(4)
    expect(arrivals.duplicates).toBe(1)
    expect(arrivals.outOfOrder).toBe(1)
    const wanted = new Set(['devices/a/state#1', 'devices/a/state#4', 'devices/b/state#1'])
    expect(arrivals.missing(wanted)).toEqual(['devices/a/state#4'])
  })

  test('pass over what is older, or nobody of the fleet sent', () => {
    const arrivals = createArrivals()
    expect(arrivals.add(arrival('a', 1, Date.now() - 60_000))).toBe(false)
    expect(arrivals.add({ ...arrival('a', 1), value: Buffer.from('not JSON') })).toBe(false)
    expect(arrivals.add(arrival('a', undefined))).toBe(true)
    expect(arrivals.count).toBe(0)
    expect(arrivals.latestOf('a', 'message_state')).toBeDefined()
    expect(arrivals.latestOf('a', 'message_command')).toBeUndefined()
  })

  test('are shown with their payload decoded', () => {
    expect(pretty(arrival('a', 7))).toBe('message_state[0]@0  key a  devices/a/state  {"sequence":7}')
    expect(pretty({ ...arrival('a', 7), value: Buffer.from('raw') })).toBe('message_state[0]@0  raw')
  })
})

describe('the smart-lock scenario', () => {
  const expected = loadSmartLockScenario().kafka.message_state ?? {}
  const bytes = (record: object) => Buffer.from(JSON.stringify(record))

  test('takes any time, and nothing else that differs', () => {
    expect(differenceFrom(expected, bytes({ ...expected, ts: 1 }))).toBeNull()
    expect(differenceFrom(expected, bytes({ ...expected, ts: 'now' }))).toMatch(/not a time/)
    expect(differenceFrom(expected, bytes({ ...expected, qos: 0 }))).toMatch(/instead of/)
    expect(differenceFrom(expected, bytes({ ...expected, more: 1 }))).toMatch(/instead of/)
    expect(differenceFrom(expected, bytes({ ts: 1, ...expected }))).toMatch(/instead of/)
    expect(differenceFrom(expected, undefined)).toBe('it is not there')
  })
})

test('percentiles', () => {
  const latencies = createLatencies()
  expect(`${latencies}`).toBe('nothing was timed')
  for (let ms = 100; ms >= 1; ms--) latencies.add(ms)
  expect([50, 99, 100].map(latencies.percentile)).toEqual([50, 99, 100])
  expect(`${latencies}`).toBe('p50 50.0 ms, p99 99.0 ms')
})

test('options', () => {
  expect(parseOptions([])).toEqual({ locks: 50, seconds: 10, rate: 200, keep: false })
  expect(parseOptions(['--locks', '3', '--keep'])).toEqual({ locks: 3, seconds: 10, rate: 200, keep: true })
  expect(parseOptions(['-h'])).toBe('help')
  expect(() => parseOptions(['--rate', '0'])).toThrow('--rate takes a whole number above 0, not "0"')
  expect(() => parseOptions(['--lock', '3'])).toThrow(/--lock/)
})
