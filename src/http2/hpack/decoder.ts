import { ERROR } from '../frames.ts'
import { ConnectionError } from '../http2-error.ts'
import { createDynamicTable } from './dynamic-table.ts'
import { decodeHuffman } from './huffman.ts'
import { STATIC_TABLE } from './static-table.ts'

/** Takes the fields of a header block, one after another. Strings are latin1: a character a byte. */
export type OnField = (name: string, value: string) => void

/** HPACK's decoder of one connection [RFC 7541]. */
export interface HpackDecoder {
  /**
   * Decodes a whole block. Every block has to come here, in order, wanted or not: blocks change what later ones mean.
   * Throws a ConnectionError for what is no HPACK: nothing later can be understood then [4.3 of RFC 9113].
   */
  decode(block: Buffer, onField: OnField): void
  /** Goes up whenever a block has changed the table: equal blocks mean equal fields as long as it stays. */
  readonly generation: number
}

/** Above any header that a client of ours has; a longer number is an attack [5.1]. */
const MAX_INTEGER = 2 ** 28
/** The first place after the static table. */
const DYNAMIC_FROM = STATIC_TABLE.length + 1

/** `tableBytes`: the size of the dynamic table that our SETTINGS allow; the default is 4,096 [6.5.2 of RFC 9113]. */
export function createHpackDecoder(tableBytes = 4096): HpackDecoder {
  const table = createDynamicTable(tableBytes)
  let generation = 0
  let block: Buffer = Buffer.alloc(0)
  let at = 0

  function decode(from: Buffer, onField: OnField): void {
    block = from
    at = 0
    let mayResize = true
    while (at < block.length) {
      const byte = block[at] as number
      if (byte >= 0x80) {
        // Indexed field [6.1].
        const index = integer(7)
        onField(nameAt(index), valueAt(index))
      } else if (byte >= 0x40) {
        // Literal that is to be remembered [6.2.1].
        const name = fieldName(6)
        const value = string()
        table.add(name, value)
        generation++
        onField(name, value)
      } else if (byte >= 0x20) {
        // Another size of the table [6.3]; only at the beginning of a block [4.2].
        if (!mayResize) throw broken('a change of the table in the middle of a block')
        const size = integer(5)
        if (size > tableBytes) throw broken('a table larger than our SETTINGS allow')
        table.resize(size)
        generation++
        continue
      } else {
        // Literal that is not, or never, to be remembered [6.2.2, 6.2.3].
        const name = fieldName(4)
        onField(name, string())
      }
      mayResize = false
    }
    block = NOTHING
  }

  const nameAt = (index: number): string => {
    const name = index < DYNAMIC_FROM ? STATIC_TABLE[index - 1]?.[0] : table.name(index - DYNAMIC_FROM)
    if (name === undefined) throw broken(`there is no field ${index}`)
    return name
  }

  const valueAt = (index: number): string =>
    (index < DYNAMIC_FROM ? STATIC_TABLE[index - 1]?.[1] : table.value(index - DYNAMIC_FROM)) as string

  function fieldName(bits: number): string {
    const index = integer(bits)
    return index === 0 ? string() : nameAt(index)
  }

  /** [5.1] */
  function integer(bits: number): number {
    const most = (1 << bits) - 1
    let value = (block[at++] as number) & most
    if (value < most) return value
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++]
      if (byte === undefined) throw broken('it ends within a number')
      value += (byte & 0x7f) * 2 ** shift
      if (value > MAX_INTEGER || shift > 28) throw broken('a number is too large')
      if (byte < 0x80) return value
    }
  }

  /** [5.2] */
  function string(): string {
    const first = block[at]
    if (first === undefined) throw broken('it ends before a string')
    const length = integer(7)
    const end = at + length
    if (end > block.length) throw broken('it ends within a string')
    const text = first >= 0x80 ? decodeHuffman(block, at, end) : block.toString('latin1', at, end)
    if (text === undefined) throw broken('a string is no Huffman code')
    at = end
    return text
  }

  return {
    decode,
    get generation() {
      return generation
    },
  }
}

const NOTHING: Buffer = Buffer.alloc(0)

const broken = (what: string): ConnectionError =>
  new ConnectionError(ERROR.compression, 'hpack', `a header block is broken: ${what}`)
