import { describe, expect, it } from 'vitest'
import { emqxVersionOrOldest, isSince, parseEmqxVersion } from '../../src/exhook/emqx-version.ts'

describe('parseEmqxVersion', () => {
  it.each([
    ['5.8.9', 5, 8, 9, false],
    ['5.10.1', 5, 10, 1, false],
    ['v5.8', 5, 8, 0, false],
    ['e5.8.4', 5, 8, 4, false],
    [' 5.8.9 ', 5, 8, 9, false],
    ['6.3.0-rc.1', 6, 3, 0, false],
    ['6.3.0-g1a2b3c4d', 6, 3, 0, false],
    ['6.3.0-beta.2', 6, 3, 0, true],
    ['6.3.0-alpha.1', 6, 3, 0, true],
    ['5.9.0+build.7', 5, 9, 0, false],
  ])('reads %s', (text, major, minor, patch, early) => {
    expect(parseEmqxVersion(text)).toEqual({ major, minor, patch, early })
  })

  it.each(['', 'garbage', '5', '.5.8', '5.', '99999.1', '5.8.9.1', '-5.8', 'version 5.8', '5,8'])(
    'reads no version from "%s"',
    (text) => {
      expect(parseEmqxVersion(text)).toBeNull()
    },
  )
})

describe('isSince', () => {
  it.each([
    ['5.8.9', '5.9.0', false],
    ['5.9.0', '5.9.0', true],
    ['5.10.1', '5.9.0', true],
    ['6.2.99', '6.3.0', false],
    ['6.3.0-rc.1', '6.3.0', true],
    ['6.3.0-beta.1', '6.3.0', false],
    ['6.3.1-beta.1', '6.3.0', true],
    ['7.0.0', '6.3.0', true],
  ])('%s since %s: %s', (version, since, expected) => {
    expect(isSince(emqxVersionOrOldest(version, 'v3'), since)).toBe(expected)
  })
})

describe('a version that is missing or unreadable', () => {
  it('counts as the oldest of its contract', () => {
    expect(emqxVersionOrOldest('', 'v2')).toMatchObject({ major: 5, minor: 0 })
    expect(emqxVersionOrOldest('garbage', 'v3')).toMatchObject({ major: 5, minor: 9 })
  })
})
