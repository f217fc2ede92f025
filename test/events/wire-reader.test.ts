import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedRequestError, WireReader } from '../../src/events/wire-reader.ts'
import { bytesField, tag, varint } from './wire.ts'

function readerOf(...parts: Buffer[]): WireReader {
  const reader = new WireReader()
  reader.open(Buffer.concat(parts))
  return reader
}

describe('varints', () => {
  it('reads every 64-bit number, and bounds what a number cannot hold', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        const bound = BigInt(Number.MAX_SAFE_INTEGER)
        expect(readerOf(varint(value)).uint64()).toBe(Number(value > bound ? bound : value))
      }),
    )
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        const bound = BigInt(Number.MAX_SAFE_INTEGER)
        const expected = value > bound ? bound : value < -bound ? -bound : value
        expect(readerOf(varint(value)).int64()).toBe(Number(expected))
      }),
    )
  })

  it.each([
    [0n, 0],
    [2n ** 49n - 1n, 2 ** 49 - 1],
    [2n ** 49n, 2 ** 49],
    [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    [2n ** 53n, Number.MAX_SAFE_INTEGER],
    [2n ** 64n - 1n, Number.MAX_SAFE_INTEGER],
  ])('reads %s as %s', (value, expected) => {
    expect(readerOf(varint(value)).uint64()).toBe(expected)
  })

  it('keeps the low 32 bits of a uint32', () => {
    expect(readerOf(varint(0xffffffffn)).uint32()).toBe(0xffffffff)
    expect(readerOf(varint(2n ** 32n + 7n)).uint32()).toBe(7)
    expect(readerOf(varint(2n ** 64n - 1n)).uint32()).toBe(0xffffffff)
  })

  it('reads any set bit as true', () => {
    expect(readerOf(varint(0)).bool()).toBe(false)
    expect(readerOf(varint(1)).bool()).toBe(true)
    expect(readerOf(varint(2n ** 40n)).bool()).toBe(true)
  })

  it('reads numbers that are longer than they need to be, up to 10 bytes', () => {
    expect(readerOf(varint(5, 10)).uint64()).toBe(5)
    expect(readerOf(varint(5, 10)).uint32()).toBe(5)
    expect(readerOf(varint(5, 3), Buffer.from('hello')).string()).toBe('hello')
    expect(() => readerOf(varint(5, 11)).uint64()).toThrow(MalformedRequestError)
    expect(() => readerOf(varint(5, 11)).uint32()).toThrow(MalformedRequestError)
    expect(() => readerOf(varint(5, 11)).skip(0)).toThrow(MalformedRequestError)
  })

  it.each(['uint32', 'uint64', 'int64', 'bool', 'tag', 'string', 'bytes'] as const)(
    '%s throws at the end of the body',
    (kind) => {
      expect(() => readerOf()[kind]()).toThrow(MalformedRequestError)
      expect(() => readerOf(Buffer.of(0x80))[kind]()).toThrow(MalformedRequestError)
      expect(() => readerOf(Buffer.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80))[kind]()).toThrow(
        MalformedRequestError,
      )
    },
  )
})

describe('tags', () => {
  it('reads every field number that protobuf allows', () => {
    expect(readerOf(tag(1, 2)).tag()).toBe(10)
    expect(readerOf(tag(2 ** 29 - 1, 0)).tag() >>> 3).toBe(2 ** 29 - 1)
  })

  it('refuses field number 0 and numbers above 29 bits', () => {
    expect(() => readerOf(tag(0, 2)).tag()).toThrow(MalformedRequestError)
    expect(() => readerOf(tag(2 ** 29, 0)).tag()).toThrow(MalformedRequestError)
  })
})

describe('lengths', () => {
  it('never reads beyond the end', () => {
    expect(() => readerOf(varint(6), Buffer.from('hello')).string()).toThrow(MalformedRequestError)
    expect(() => readerOf(varint(2n ** 63n)).bytes()).toThrow(MalformedRequestError)
    const reader = readerOf(bytesField(1, 'hello'))
    reader.tag()
    reader.end -= 1
    expect(() => reader.string()).toThrow(MalformedRequestError)
  })

  it('gives bytes as a view of the body', () => {
    const body = Buffer.concat([varint(3), Buffer.from('abc')])
    const reader = new WireReader()
    reader.open(body)
    const bytes = reader.bytes()
    body[1] = 0x7a
    expect(bytes.toString()).toBe('zbc')
  })

  it('replaces what is not UTF-8', () => {
    expect(readerOf(varint(3), Buffer.of(0x61, 0xff, 0x62)).string()).toBe('a\ufffdb')
  })
})

describe('skipping', () => {
  it.each([
    [0, varint(300)],
    [1, Buffer.alloc(8)],
    [2, Buffer.concat([varint(2), Buffer.from('ab')])],
    [5, Buffer.alloc(4)],
  ])('passes over a value of wire type %i, and not over half of one', (wireType, value) => {
    const reader = readerOf(value, Buffer.of(0x08))
    reader.skip(wireType)
    expect(reader.pos).toBe(value.length)
    expect(() => readerOf(value.subarray(0, -1)).skip(wireType)).toThrow(MalformedRequestError)
  })

  it.each([3, 4, 6, 7])('refuses wire type %i', (wireType) => {
    expect(() => readerOf(Buffer.alloc(9)).skip(wireType)).toThrow(MalformedRequestError)
  })
})
