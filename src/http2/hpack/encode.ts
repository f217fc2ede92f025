import { encodeHuffman } from './huffman.ts'
import { STATIC_TABLE } from './static-table.ts'

/**
 * A header block that stands by itself: it neither needs nor changes a dynamic table, so it can be built once and sent on
 * every connection. Names and values are latin1; names are lower-case.
 */
export function encodeFields(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => encodeField(name, value)))
}

function encodeField(name: string, value: string): Buffer {
  const both = STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value)
  // Indexed field [RFC 7541, 6.1].
  if (both >= 0) return integer(0x80, 7, both + 1)
  // Literal without indexing, its name from the table or in full [6.2.2].
  const known = STATIC_TABLE.findIndex((entry) => entry[0] === name)
  const head = known >= 0 ? [integer(0, 4, known + 1)] : [Buffer.of(0), string(name)]
  return Buffer.concat([...head, string(value)])
}

/** [5.2]: in whichever of the two forms is shorter. */
function string(text: string): Buffer {
  const plain = Buffer.from(text, 'latin1')
  const huffman = encodeHuffman(text)
  return huffman.length < plain.length
    ? Buffer.concat([integer(0x80, 7, huffman.length), huffman])
    : Buffer.concat([integer(0, 7, plain.length), plain])
}

/** [5.1] */
function integer(pattern: number, bits: number, value: number): Buffer {
  const most = (1 << bits) - 1
  if (value < most) return Buffer.of(pattern | value)
  const bytes = [pattern | most]
  let rest = value - most
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
