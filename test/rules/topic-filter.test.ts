import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterProblem, looksShared, parseSubscription, splitLevels } from '../../src/rules/topic-filter.ts'
import { filters } from './arbitraries.ts'

describe('splitLevels', () => {
  it.each([
    ['a', ['a']],
    ['a/b', ['a', 'b']],
    ['/', ['', '']],
    ['a//b', ['a', '', 'b']],
    ['/a/', ['', 'a', '']],
  ])('%j', (topic, levels) => {
    expect(splitLevels(topic)).toEqual(levels)
  })
})

describe('filterProblem', () => {
  it.each([
    '#',
    '+',
    '/',
    '//',
    '+/+',
    '/+',
    '+/',
    'a/#',
    '/#',
    '+/#',
    'a//b',
    'a b/ c',
    '$SYS/#',
    '$',
    '$share',
    'é/日本',
    'x'.repeat(65_535),
  ])('takes %j', (filter) => {
    expect(filterProblem(filter)).toBeNull()
  })

  it.each([
    ['', /empty/],
    ['#/a', /`#` must be the last level/],
    ['a/#/b', /`#` must be the last level/],
    ['#/#', /`#` must be the last level/],
    ['a#', /`#` must be a level of its own/],
    ['a/b#', /`#` must be a level of its own/],
    ['a/#b', /`#` must be a level of its own/],
    ['##', /`#` must be a level of its own/],
    ['+#', /`#` must be a level of its own/],
    ['a+', /`\+` must be a level of its own/],
    ['+a/b', /`\+` must be a level of its own/],
    ['a/++/b', /`\+` must be a level of its own/],
    ['a\u0000b', /null character/],
    ['a/\ud800', /surrogate/],
    ['x'.repeat(65_536), /65535 bytes/],
    ['é'.repeat(32_768), /65535 bytes/],
  ])('refuses %j', (filter, reason) => {
    expect(filterProblem(filter)).toMatch(reason)
  })

  it('takes every filter that the other properties are made from', () => {
    fc.assert(fc.property(filters, (filter) => filterProblem(filter) === null))
  })
})

describe('parseSubscription', () => {
  it.each([
    ['a/b', null, 'a/b'],
    ['$share/g/a/b', 'g', 'a/b'],
    ['$share/g/#', 'g', '#'],
    ['$share/g//', 'g', '/'],
    ['$share/g/$SYS/x', 'g', '$SYS/x'],
    ['$queue/a/b', '$queue', 'a/b'],
    // Not well made, and so ordinary filters. [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    ['$share', null, '$share'],
    ['$share/', null, '$share/'],
    ['$share/g', null, '$share/g'],
    ['$share/g/', null, '$share/g/'],
    ['$share//a', null, '$share//a'],
    ['$share/g+/a', null, '$share/g+/a'],
    ['$share/#/a', null, '$share/#/a'],
    ['$queue/', null, '$queue/'],
    ['$queue', null, '$queue'],
    ['$SHARE/g/a', null, '$SHARE/g/a'],
    ['', null, ''],
  ])('%j', (name, group, filter) => {
    expect(parseSubscription(name)).toEqual({ group, filter })
  })
})

it('looksShared', () => {
  expect(['$share/g/a', '$share/', '$queue/a'].every(looksShared)).toBe(true)
  expect(['$share', '$shared/a', 'a/$share/b', '$SYS/#'].some(looksShared)).toBe(false)
})
