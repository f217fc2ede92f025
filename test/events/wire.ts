/** Protobuf's wire format by hand, to make bodies that no encoder makes. */

/** A varint; `padTo` makes it longer than it needs to be. */
export function varint(value: number | bigint, padTo = 1): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    bytes.push(Number(rest & 0x7fn))
    rest >>= 7n
  } while (rest > 0n || bytes.length < padTo)
  return Buffer.from(bytes.map((byte, i) => (i < bytes.length - 1 ? byte | 0x80 : byte)))
}

export const tag = (number: number, wireType: number): Buffer =>
  varint((BigInt(number) << 3n) | BigInt(wireType))

export const varintField = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([tag(number, 0), varint(value)])

/** A text, bytes or message field. */
export function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([tag(number, 2), varint(bytes.length), bytes])
}

export const fixed64Field = (number: number): Buffer => Buffer.concat([tag(number, 1), Buffer.alloc(8, 0xff)])
export const fixed32Field = (number: number): Buffer => Buffer.concat([tag(number, 5), Buffer.alloc(4, 0xff)])

/** The fields of Message and ClientInfo that the tests set by hand. */
export const MESSAGE = { id: 2, qos: 3, topic: 5, payload: 6, timestamp: 7, headers: 8 } as const
export const CLIENT_INFO = { clientid: 2, username: 3, password: 4 } as const
