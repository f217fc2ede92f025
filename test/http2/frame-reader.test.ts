import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameReader } from '../../src/http2/frame-reader.ts'
import { PREFACE, writeFrameHeader } from '../../src/http2/frames.ts'
import { ConnectionError } from '../../src/http2/http2-error.ts'

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: string
}

function encode({ type, flags, stream, payload }: Frame): Buffer {
  const body = Buffer.from(payload, 'hex')
  const header = Buffer.alloc(9)
  writeFrameHeader(header, 0, body.length, type, flags, stream)
  return Buffer.concat([header, body])
}

/** The bytes in pieces that end at the places given. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])]
  const sorted = ends.toSorted((a, b) => a - b)
  return sorted.map((end, i) => bytes.subarray(sorted[i - 1] ?? 0, end))
}

const byte = fc.integer({ min: 0, max: 255 })
const frame = fc.record({
  type: byte,
  flags: byte,
  stream: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('hex')),
})

describe('a frame reader', () => {
  it('tells the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.nat()), (frames, places) => {
        const read: Frame[] = []
        const reader = createFrameReader((type, flags, stream, payload) =>
          read.push({ type, flags, stream, payload: payload.toString('hex') }),
        )
        for (const piece of cut(Buffer.concat([PREFACE, ...frames.map(encode)]), places)) reader.read(piece)
        expect(read).toEqual(frames)
      }),
    )
  })

  it('tells frames that come byte by byte', () => {
    const read: string[] = []
    const reader = createFrameReader((_type, _flags, _stream, payload) => read.push(payload.toString('hex')))
    const big = { type: 0, flags: 0, stream: 1, payload: 'ab'.repeat(16_384) }
    for (const one of Buffer.concat([PREFACE, encode(big), encode(big)])) reader.read(Buffer.of(one))
    expect(read).toEqual([big.payload, big.payload])
  })

  it('leaves out the reserved bit of a stream', () => {
    const streams: number[] = []
    const reader = createFrameReader((_type, _flags, stream) => streams.push(stream))
    reader.read(Buffer.concat([PREFACE, Buffer.of(0, 0, 0, 4, 0, 0x80, 0, 0, 1)]))
    expect(streams).toEqual([1])
  })

  it.each([
    ['HTTP/1.1', 'POST / HTTP/1.1\r\n', 'not_http2'],
    ['TLS', '\x16\x03\x01', 'not_http2'],
    ['a preface that goes wrong at its end', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r ', 'not_http2'],
    [
      'a frame above 16 KiB',
      `${PREFACE.toString('latin1')}\x00\x40\x01\x00\x00\x00\x00\x00\x01`,
      'frame_size',
    ],
  ])('ends with %s', (_, bytes, reason) => {
    const reader = createFrameReader(() => {})
    let thrown: unknown
    try {
      reader.read(Buffer.from(bytes, 'latin1'))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConnectionError)
    expect((thrown as ConnectionError).reason).toBe(reason)
  })

  it('knows HTTP/1.1 by its first byte that differs', () => {
    expect(() => createFrameReader(() => {}).read(Buffer.from('G'))).toThrow(ConnectionError)
    expect(() => createFrameReader(() => {}).read(Buffer.from('PR'))).not.toThrow()
  })
})
