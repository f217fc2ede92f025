import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeFields } from '../../../src/http2/hpack/encode.ts'
import { ConnectionError } from '../../../src/http2/http2-error.ts'

type Fields = (readonly [string, string])[]

function decode(decoder: ReturnType<typeof createHpackDecoder>, hex: string): Fields {
  const fields: Fields = []
  decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), (name, value) => fields.push([name, value]))
  return fields
}

const get = (scheme: string, path: string, more: Fields = []): Fields => [
  [':method', 'GET'],
  [':scheme', scheme],
  [':path', path],
  [':authority', 'www.example.com'],
  ...more,
]

const REQUESTS = [
  get('http', '/'),
  get('http', '/', [['cache-control', 'no-cache']]),
  get('https', '/index.html', [['custom-key', 'custom-value']]),
]

const LOCATION: [string, string] = ['location', 'https://www.example.com']
const DATE_1: [string, string] = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
const DATE_2: [string, string] = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
const PRIVATE: [string, string] = ['cache-control', 'private']

describe('the examples of RFC 7541', () => {
  it.each([
    [
      'C.3, without Huffman',
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'C.4, with Huffman',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
  ])('%s', (_, blocks) => {
    const decoder = createHpackDecoder()
    expect(blocks.map((block) => decode(decoder, block))).toEqual(REQUESTS)
  })

  it('C.6, with entries that make room for others', () => {
    const decoder = createHpackDecoder(256)
    expect(
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ].map((block) => decode(decoder, block)),
    ).toEqual([
      [[':status', '302'], PRIVATE, DATE_1, LOCATION],
      [[':status', '307'], PRIVATE, DATE_1, LOCATION],
      [
        [':status', '200'],
        PRIVATE,
        DATE_2,
        LOCATION,
        ['content-encoding', 'gzip'],
        ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
      ],
    ])
  })
})

describe('what is no HPACK', () => {
  it.each([
    ['field 0', '80'],
    ['a field that is not there', 'be'],
    ['a number without end', 'ffffffffffffffffff'],
    ['a number that ends too early', 'ff'],
    ['a string that ends too early', '0005 6162'],
    ['a name that is not there', '7f80 8001 00'],
    ['the end before a value', '0001 61'],
    ['a table that grows beyond our SETTINGS', '3fe2 1f'],
    ['a change of the table after a field', '82 3f e1 1f'],
    ['padding of eight bits', '0087 a8eb 1064 9cbf ff00'],
    ['EOS in a string', '0084 ffff ffff 00'],
  ])('%s', (_, hex) => {
    expect(() => decode(createHpackDecoder(), hex)).toThrow(ConnectionError)
  })

  it('random bytes: an error of the connection, or fields', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 5 }), (blocks) => {
        const decoder = createHpackDecoder()
        try {
          for (const block of blocks) decoder.decode(Buffer.from(block), () => {})
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError)
          expect((error as ConnectionError).code).toBe(9)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

it('reads what our encoder writes, which leaves the table as it is', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (fields) => {
      const decoder = createHpackDecoder()
      const read: Fields = []
      decoder.decode(encodeFields(fields), (name, value) => read.push([name, value]))
      expect(read).toEqual(fields)
      expect(decoder.generation).toBe(0)
    }),
  )
})

it('tells by its generation that a block has changed the table', () => {
  const decoder = createHpackDecoder()
  decode(decoder, '8286')
  expect(decoder.generation).toBe(0)
  decode(decoder, '4001 6101 62')
  expect(decoder.generation).toBe(1)
})
