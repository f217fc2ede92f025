import fc from 'fast-check'
import { bytesField, tag, varint } from '../events/wire.ts'

/** A change to a protobuf message that keeps it one at first sight. */
export type Mutate = (body: Buffer) => Buffer

/** A field as it stands in a message: its tag and what belongs to it. */
interface FieldSpan {
  readonly number: number
  readonly wireType: number
  readonly start: number
  readonly valueStart: number
  readonly end: number
}

/** The fields at the top of a message as far as it is one. */
function fieldsOf(body: Buffer): FieldSpan[] {
  const fields: FieldSpan[] = []
  let at = 0
  const number = (): number => {
    let value = 0
    for (let unit = 1; at < body.length; unit *= 0x80) {
      const byte = body[at++] as number
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < body.length) {
    const start = at
    const head = number()
    let valueStart = at
    const wireType = head & 7
    if (wireType === 2) {
      const length = number()
      valueStart = at
      at += length
    } else if (wireType === 0) number()
    else at += wireType === 1 ? 8 : 4
    if (Number.isNaN(at) || at > body.length) break
    fields.push({ number: head >>> 3, wireType, start, valueStart, end: at })
  }
  return fields
}

const OVERSIZED = Buffer.concat([Buffer.alloc(10, 0xff), Buffer.of(1)])
/** −1 as a length. */
const NEGATIVE = varint(-1n)
const NOT_UTF8 = [Buffer.of(0xff, 0xfe), Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0xc0, 0xaf), Buffer.of(0xf8)]

/** What is done to one field: the bytes that take its place. */
const CHANGES: readonly ((whole: Buffer, field: FieldSpan, value: Buffer, byte: number) => Buffer)[] = [
  // There twice, many times, not at all.
  (whole) => Buffer.concat([whole, whole]),
  (whole) => Buffer.concat(Array(50).fill(whole)),
  () => Buffer.alloc(0),
  // Another wire type, groups among them; a number that nobody has.
  (_, { number }, value, byte) => Buffer.concat([tag(number, byte & 7), value]),
  (_, { number }, value) => Buffer.concat([tag(number, 3), value, tag(number, 4)]),
  (_, { wireType }, value, byte) => Buffer.concat([tag(1000 + byte, wireType), varint(value.length), value]),
  (whole, { number }) => Buffer.concat([tag(number, 3), tag(number, 3), tag(number, 3), whole]),
  // Lengths and numbers that are none.
  (_, { number }) => Buffer.concat([tag(number, 2), NEGATIVE]),
  (_, { number }, value) => Buffer.concat([tag(number, 2), varint(value.length + 1), value]),
  (_, { number }) => Buffer.concat([tag(number, 2), varint(0xffffffff)]),
  (_, { number }) => Buffer.concat([tag(number, 0), OVERSIZED]),
  (_, { number }) => Buffer.concat([tag(number, 0), varint(2n ** 63n - 1n)]),
  (_, { number }) => Buffer.concat([tag(number, 0), varint(-(2n ** 63n))]),
  (_, { number }) => Buffer.concat([tag(number, 0), varint(2n ** 64n - 1n, 10)]),
  () => Buffer.of(0x80, 0x80, 0x80, 0x80, 0x10),
  // Text that is no UTF-8; the field within itself.
  (_, { number }, _value, byte) => bytesField(number, NOT_UTF8[byte % NOT_UTF8.length] as Buffer),
  (_, { number }) => bytesField(number, Buffer.alloc(300, 0x00)),
  (whole, { number }) => {
    let nested = whole
    for (let depth = 0; depth < 60; depth++) nested = bytesField(number, nested)
    return nested
  },
]

const at = fc.double({ min: 0, max: 0.999999, noNaN: true })

/** Changes one field, at the top or within it. */
const fieldChange: fc.Arbitrary<Mutate> = fc
  .record({ where: at, inner: at, depth: fc.nat(2), change: fc.nat(CHANGES.length - 1), byte: fc.nat(255) })
  .map(({ where, inner, depth, change, byte }) => {
    const apply = (body: Buffer, left: number, place: number): Buffer => {
      const fields = fieldsOf(body)
      const field = fields[Math.floor(place * fields.length)]
      if (field === undefined) return body
      const [before, after] = [body.subarray(0, field.start), body.subarray(field.end)]
      const value = body.subarray(field.valueStart, field.end)
      if (left > 0 && field.wireType === 2 && value.length > 1)
        return Buffer.concat([before, bytesField(field.number, apply(value, left - 1, inner)), after])
      const whole = body.subarray(field.start, field.end)
      const changed = (CHANGES[change] as (typeof CHANGES)[number])(whole, field, value, byte)
      return Buffer.concat([before, changed, after])
    }
    return (body) => apply(body, depth, where)
  })

/** Changes bytes without regard to what they are. */
const byteChange: fc.Arbitrary<Mutate> = fc
  .record({
    kind: fc.constantFrom('flip', 'cut', 'drop', 'insert'),
    where: at,
    byte: fc.integer({ min: 1, max: 255 }),
  })
  .map(({ kind, where, byte }) => (body) => {
    const index = Math.floor(where * body.length)
    if (kind === 'cut') return body.subarray(0, index)
    if (kind === 'drop') return Buffer.concat([body.subarray(0, index), body.subarray(index + 1)])
    if (kind === 'insert')
      return Buffer.concat([body.subarray(0, index), Buffer.of(byte), body.subarray(index)])
    const changed = Buffer.from(body)
    if (changed.length > 0) changed[index] = (changed[index] as number) ^ byte
    return changed
  })

/** Bodies that begin as a valid one, or as anything at all. */
export const hostileBody = (valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(valid, fc.array(fc.oneof(fieldChange, byteChange), { maxLength: 3 }))
        .map(([body, changes]) => changes.reduce((changed, change) => change(changed), body)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  )
