import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createOrderCheck, sequenceOf } from '../../../bench/measure/order-check.ts'

const digits = (n: number) => String(n).padStart(10, '0')
const bridge = (n: number) =>
  Buffer.from(
    JSON.stringify({
      client_id: 'p1-000001',
      payload: Buffer.from(`seq=${digits(n)} xxxx`).toString('base64'),
    }),
  )

it.each([
  ['a base64 payload', bridge(123), 123],
  ['a payload as it came', Buffer.from(`seq=${digits(7)} x`), 7],
  ['a user name', Buffer.from(`{"client_id":"p1-000001","username":"seq=${digits(9)}"}`), 9],
  ['a pickle', Buffer.from(`\x80\x04\x95}(from\x8cp1-000001\x94C\xa0seq=${digits(10)} xx`, 'latin1'), 10],
  ['nothing', Buffer.from('{}'), null],
])('finds the number in %s', (_, value, expected) => {
  expect(sequenceOf(value)).toBe(expected)
})

function check(numbers: readonly number[], answered: number, partitions: readonly number[] = [0]) {
  const order = createOrderCheck()
  numbers.forEach((n, i) => void order.add('p1-000001', bridge(n), partitions[i % partitions.length] ?? 0))
  return order.verdict(answered)
}

it.each([
  ['all is well', [0, 1, 2], 3, {}],
  ['the last is missing', [0, 1], 3, { missing: 1, found: 2 }],
  ['one in the middle is missing', [0, 2], 3, { missing: 1, found: 2 }],
  ['one is missing, though as many were found as were answered', [0, 2, 3], 3, { missing: 1 }],
  ['doubled', [0, 1, 1, 2], 3, { doubled: 1 }],
  ['swapped', [0, 2, 1], 3, { outOfOrder: 1 }],
  ['all gone', [], 2, { missing: 2, found: 0 }],
])('%s', (_, numbers, answered, expected) => {
  const well = { answered, found: 3, missing: 0, doubled: 0, outOfOrder: 0, astray: 0 }
  expect(check(numbers, answered)).toEqual({ ...well, ...expected })
})

it('takes a call that failed for the one that is not there, where it may be', () => {
  const order = createOrderCheck()
  for (const n of [0, 2, 3]) order.add('p1-000001', bridge(n), 0)
  expect(order.verdict(3, 1)).toMatchObject({ found: 3, missing: 0 })
  expect(order.verdict(4, 1)).toMatchObject({ missing: 1 })
})

it('sees a device in two partitions, and finds it without a key', () => {
  expect(check([0, 1], 2, [0, 1])).toMatchObject({ astray: 1, missing: 0 })
  const order = createOrderCheck()
  order.add(null, bridge(0), 0)
  expect(order.verdict(1)).toMatchObject({ found: 1, missing: 0 })
  expect(() => order.add('p1-000001', Buffer.from('else'), 0)).toThrow('a record that the load did not cause')
})

it('counts any records, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (numbers) => {
      const distinct = new Set(numbers)
      const last = Math.max(-1, ...numbers)
      expect(check(numbers, last + 1)).toMatchObject({
        ...{ found: distinct.size, missing: last + 1 - distinct.size },
        doubled: numbers.length - distinct.size,
      })
    }),
  )
})
