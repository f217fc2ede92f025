import fc from 'fast-check'
import { expect, it } from 'vitest'
import { prettyJson } from '../../src/text/pretty-json.ts'

it('keeps every digit', () => {
  expect(prettyJson('{"a":12345678901234567890,"b":[1.50]}')).toBe(
    '{\n  "a": 12345678901234567890,\n  "b": [\n    1.50\n  ]\n}',
  )
})

it('shows nothing that a terminal would obey', () => {
  expect(prettyJson('"a\u202eb\\u001b"')).toBe('"a\\u202eb\\u001b"')
})

it('is null for what is no JSON', () => {
  expect(prettyJson('{')).toBe(null)
  expect(prettyJson(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toBe(null)
})

it('says the same as the JSON', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(JSON.parse(prettyJson(json) ?? '')).toEqual(JSON.parse(json))
    }),
  )
})
