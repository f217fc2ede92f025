import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canMake, isAllowed, overlap } from '../../src/rules/allowed-topics.ts'

describe('isAllowed', () => {
  it.each<[readonly string[], string, boolean]>([
    [['a'], 'a', true],
    [['a'], 'ab', false],
    [['a*'], 'ab', true],
    [['a.*'], 'a.', true],
    [['a.*'], 'a', false],
    [['x', 'a.*'], 'a.b.c', true],
    [[], 'a', false],
  ])('%j allows %j: %s', (allow, topic, expected) => {
    expect(isAllowed(allow, topic)).toBe(expected)
  })
})

const names = fc
  .array(fc.constantFrom('a', 'b', '.'), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''))
const entries = fc.tuple(names, fc.boolean()).map(([name, any]) => (any ? `${name}*` : name))

it('overlap is true as soon as both allow a topic', () => {
  fc.assert(
    fc.property(entries, entries, names, (a, b, topic) => {
      if (isAllowed([a], topic) && isAllowed([b], topic)) expect(overlap(a, b)).toBe(true)
      expect(overlap(a, b)).toBe(overlap(b, a))
    }),
    { numRuns: 2_000 },
  )
})

it('canMake is true as soon as the template makes an allowed topic', () => {
  fc.assert(
    fc.property(names, names, entries, (literal, value, entry) => {
      if (isAllowed([entry], literal + value)) expect(canMake(`${literal}\${clientid}`, entry)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
