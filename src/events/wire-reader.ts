/** Protobuf's wire types, as far as proto3 uses them. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const
export type WireType = (typeof WIRE)[keyof typeof WIRE]

/** A request body that is not a protobuf message of its type. The message names no value of the body. */
export class MalformedRequestError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'MalformedRequestError'
  }
}

const NOTHING = Buffer.alloc(0)
/** A varint of 64 bits; the bits above them are ignored, as Google's parsers do. */
const MAX_VARINT_BYTES = 10
/** Seven groups of 7 bits make 49 bits: exact in a number. */
const EXACT_VARINT_BYTES = 7

/**
 * Reads protobuf's wire format from a Buffer. Never reads beyond `end`: what is cut off, too long or of no known wire
 * type throws MalformedRequestError.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  /** The next byte to read, and the first one not to be read. */
  pos = 0
  end = 0
  private body: Buffer = NOTHING

  /** Starts on a new body. */
  open(body: Buffer): void {
    this.body = body
    this.pos = 0
    this.end = body.length
  }

  /** Lets go of the body, which may be large. */
  close(): void {
    this.open(NOTHING)
  }

  /** Field number and wire type: `tag >>> 3` and `tag & 7`. */
  tag(): number {
    const { body, pos, end } = this
    let tag: number
    if (pos < end && (body[pos] as number) < 0x80) {
      tag = body[pos] as number
      this.pos = pos + 1
    } else {
      tag = this.uint64()
    }
    if (tag < 8 || tag > 0xffffffff) throw new MalformedRequestError('a field number is out of range')
    return tag
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    const { body, end } = this
    let value = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.pos >= end) throw truncated()
      const byte = body[this.pos++] as number
      if (i < 5) value |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return value >>> 0
    }
    throw tooLong()
  }

  /** Any bit of the varint makes it true. */
  bool(): boolean {
    return this.uint64() !== 0
  }

  /** A varint as an unsigned number; above 2^53 − 1 it reads as 2^53 − 1: visibly a bound, never a neighbouring value. */
  uint64(): number {
    return this.varint64(false)
  }

  /** A varint as a signed number; beyond ±(2^53 − 1) it reads as that bound. */
  int64(): number {
    return this.varint64(true)
  }

  /** A length-delimited field's bytes, as a view of the body: no copy. */
  bytes(): Buffer {
    const end = this.lengthEnd()
    const bytes = this.body.subarray(this.pos, end)
    this.pos = end
    return bytes
  }

  /** A length-delimited field as text; bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const end = this.lengthEnd()
    const text = end === this.pos ? '' : this.body.toString('utf8', this.pos, end)
    this.pos = end
    return text
  }

  /** Reads a length and returns where the bytes that follow it end. */
  lengthEnd(): number {
    const { body, pos, end } = this
    let length: number
    if (pos < end && (body[pos] as number) < 0x80) {
      length = body[pos] as number
      this.pos = pos + 1
    } else {
      length = this.uint64()
    }
    if (length > end - this.pos) throw truncated()
    return this.pos + length
  }

  /** Passes over a field's value. Groups (wire types 3 and 4) do not exist in proto3 and are refused. */
  skip(wireType: number): void {
    if (wireType === WIRE.bytes) this.pos = this.lengthEnd()
    else if (wireType === WIRE.varint) this.skipVarint()
    else if (wireType === WIRE.fixed64) this.advance(8)
    else if (wireType === WIRE.fixed32) this.advance(4)
    else throw new MalformedRequestError('a field has a wire type that proto3 does not know')
  }

  private advance(bytes: number): void {
    if (this.end - this.pos < bytes) throw truncated()
    this.pos += bytes
  }

  private skipVarint(): void {
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.pos >= this.end) throw truncated()
      if ((this.body[this.pos++] as number) < 0x80) return
    }
    throw tooLong()
  }

  private varint64(signed: boolean): number {
    const start = this.pos
    let value = 0
    let unit = 1
    for (let i = 0; i < EXACT_VARINT_BYTES; i++) {
      if (this.pos >= this.end) throw truncated()
      const byte = this.body[this.pos++] as number
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
      unit *= 0x80
    }
    this.pos = start
    return this.longVarint64(signed)
  }

  /** More than 49 bits: no time of this century, so it may be slow. */
  private longVarint64(signed: boolean): number {
    const start = this.pos
    this.skipVarint()
    let bits = 0n
    for (let i = this.pos - 1; i >= start; i--) bits = (bits << 7n) | BigInt((this.body[i] as number) & 0x7f)
    const value = Number(signed ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits))
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
  }
}

const truncated = () => new MalformedRequestError('the message ends within a field')
const tooLong = () => new MalformedRequestError('a number has more than 64 bits')
