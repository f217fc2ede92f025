import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeHuffman, encodeHuffman } from '../../../src/http2/hpack/huffman.ts'

const decode = (bytes: Buffer) => decodeHuffman(bytes, 0, bytes.length)

it.each([
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['private', 'aec3771a4b'],
  ['', ''],
])('%j as in the examples of RFC 7541', (text, hex) => {
  expect(encodeHuffman(text).toString('hex')).toBe(hex)
  expect(decode(Buffer.from(hex, 'hex'))).toBe(text)
})

it('gives every byte back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1')
      expect(decode(encodeHuffman(text))).toBe(text)
    }),
  )
})

it('takes no padding but the first bits of EOS', () => {
  const code = encodeHuffman('no-cache')
  const zeros = Buffer.from(code)
  zeros[zeros.length - 1] = (zeros.at(-1) as number) & 0xfe
  expect(decode(zeros)).toBeUndefined()
  expect(decode(Buffer.concat([code, Buffer.of(0xff)]))).toBeUndefined()
})

it('decodes only what lies between the two places', () => {
  const code = encodeHuffman('devices/1/state')
  const within = Buffer.concat([Buffer.of(1, 2, 3), code, Buffer.of(4, 5)])
  expect(decodeHuffman(within, 3, 3 + code.length)).toBe('devices/1/state')
})
