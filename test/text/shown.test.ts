import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compactJson, jsonLine } from '../../src/text/json-line.ts'
import { shownValue, valueAsJson } from '../../src/text/record-value.ts'
import { shown, shownBytes, shownText } from '../../src/text/shown.ts'
import { utf8Text } from '../../src/text/utf8.ts'

/** What a terminal obeys or hides, and what ends a line. */
const OBEYED = /[\p{C}\p{Zl}\p{Zp}]/u

const anyText = fc.string({ unit: 'binary' })
const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))

/** A value as the format `bridge` makes it. */
const bridge = fc.record({ client_id: fc.string({ unit: 'grapheme' }), payload: anyBytes, qos: fc.nat(2) })
const toBridge = ({ payload, ...fields }: { readonly payload: Buffer }) =>
  Buffer.from(JSON.stringify({ ...fields, payload: payload.toString('base64') }))

it('leaves nothing that a terminal would obey, and ends no line, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyBytes,
        anyText.map((text) => Buffer.from(text)),
        bridge.map(toBridge),
      ),
      (bytes) => {
        expect(shown(bytes)).not.toMatch(OBEYED)
        expect(shownValue(bytes)).not.toMatch(OBEYED)
        expect(valueAsJson(bytes) ?? '').not.toMatch(OBEYED)
      },
    ),
  )
})

it('writes JSON that says the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.parse(jsonLine(value))).toEqual(JSON.parse(text))
      expect(JSON.parse(compactJson(JSON.stringify(value, null, 2)) ?? '')).toEqual(JSON.parse(text))
    }),
  )
})

it('takes bytes for text only if the text is those bytes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyBytes,
        anyText.map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        const text = utf8Text(bytes)
        if (text !== null) expect(Buffer.from(text)).toEqual(bytes)
      },
    ),
  )
  expect(utf8Text(Buffer.from('\ufeffmark'))).toBe('\ufeffmark')
})

it('decodes every payload of bridge: text in quotes, bytes without', () => {
  fc.assert(
    fc.property(bridge, (fields) => {
      const line = shownValue(toBridge(fields))
      const text = utf8Text(fields.payload)
      const printed = text === null ? shownBytes(fields.payload) : jsonLine(text)
      expect(line).toContain(`"payload":${printed}`)
      if (text !== null) expect(JSON.parse(line)).toEqual({ ...fields, payload: text })
    }),
  )
})

it.each([
  ['plain text', 'plain text'],
  ['a\tb\r\nc\u001b[31m', 'a\\tb\\r\\nc\\u{1b}[31m'],
  ['\u009b31m \u202e \u2028 \u{e0001}', '\\u{9b}31m \\u{202e} \\u{2028} \\u{e0001}'],
  ['grüße 🔒', 'grüße 🔒'],
])('shows the text %j as %s', (text, expected) => {
  expect(shownText(text)).toBe(expected)
})

it.each([
  [null, 'null'],
  [Buffer.from([0, 255]), 'hex 00ff (2 bytes)'],
  [Buffer.from([255]), 'hex ff (1 byte)'],
  [Buffer.alloc(33, 255), `base64 ${Buffer.alloc(33, 255).toString('base64')} (33 bytes)`],
  [
    Buffer.from('{"client_id":"a","payload":"eyJ4IjoxfQ==","qos":1}'),
    '{"client_id":"a","payload":"{\\"x\\":1}","qos":1}',
  ],
  [Buffer.from('{"client_id":"a","payload":"/w=="}'), '{"client_id":"a","payload":hex ff (1 byte)}'],
  [Buffer.from('{"client_id":"a","payload":""}'), '{"client_id":"a","payload":""}'],
  // Not as bridge writes it: shown as it is.
  [Buffer.from('{"client_id":"a","payload":"plain"}'), '{"client_id":"a","payload":"plain"}'],
  [Buffer.from('{"clientid":"a","payload":"eA=="}'), '{"clientid":"a","payload":"eA=="}'],
  [Buffer.from('{"client_id":"a","payload":"eA==","n":1.0}'), '{"client_id":"a","payload":"eA==","n":1.0}'],
  [
    Buffer.from('{"client_id":"a","payload":"eA==","n":12345678901234567890}'),
    '{"client_id":"a","payload":"eA==","n":12345678901234567890}',
  ],
  [Buffer.from('{"payload"'), '{"payload"'],
])('shows the value %s as %s', (value, expected) => {
  expect(shownValue(value)).toBe(expected)
})

it('keeps every digit of a number, and gives up on what is too deep', () => {
  expect(compactJson('{"n": 12345678901234567890, "m": 1.50, "z": -0, "__proto__": 1}')).toBe(
    '{"n":12345678901234567890,"m":1.50,"z":-0,"__proto__":1}',
  )
  const deep = 100_000
  expect(compactJson('['.repeat(deep) + ']'.repeat(deep))).toBeNull()
  expect(compactJson('{')).toBeNull()
  expect(valueAsJson(Buffer.from([255]))).toBeUndefined()
})
