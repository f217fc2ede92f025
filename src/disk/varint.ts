/** Numbers in as few bytes as they need, seven bits a byte, the low ones first (as Protobuf's). Up to 2^53. */

/** The most bytes that a number takes. */
export const MAX_VARINT_BYTES = 8

/** Returns where the next byte goes. */
export function putVarint(to: Uint8Array, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 0x7fff_ffff) {
    to[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  while (rest > 127) {
    to[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  to[at++] = rest
  return at
}

/** Reads one number after the other. Beyond `end` it reads zeros, and `at` is beyond `end`. */
export class VarintReader {
  buffer: Buffer = Buffer.alloc(0)
  at = 0
  end = 0

  reset(buffer: Buffer, at: number, end: number): void {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  next(): number {
    const first = this.byte()
    if (first < 128) return first
    let value = first & 127
    let factor = 128
    for (let i = 1; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) break
      factor *= 128
    }
    return value
  }

  private byte(): number {
    const at = this.at++
    return at < this.end ? (this.buffer[at] as number) : 0
  }
}
