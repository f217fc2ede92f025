/**
 * HPACK's Huffman code [RFC 7541, 5.2 and Appendix B]. The code is canonical, so the lengths say it all: symbols in the
 * order of their length and then of their value have rising codes. A length in bits for each byte, as a digit in base 36;
 * the end of the string (EOS) has thirty ones.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq'
const EOS = 256
const EOS_BITS = 30

/** Nobody's string is longer when it is decoded than this many times its bytes: the shortest code has five bits. */
const GROWTH = 8 / 5

const { codes, lengths } = assignCodes()

function assignCodes(): { readonly codes: Uint32Array; readonly lengths: Uint8Array } {
  const bits = new Uint8Array(257)
  for (let symbol = 0; symbol < EOS; symbol++) bits[symbol] = Number.parseInt(LENGTHS[symbol] as string, 36)
  bits[EOS] = EOS_BITS
  const assigned = new Uint32Array(257)
  let code = 0
  for (let length = 1; length <= EOS_BITS; length++) {
    code *= 2
    for (let symbol = 0; symbol <= EOS; symbol++) if (bits[symbol] === length) assigned[symbol] = code++
  }
  return { codes: assigned, lengths: bits }
}

/**
 * The decoder as a machine that eats four bits at a time: by state and bits, the next state, the symbol that ended (or
 * none) and whether the string may end there. A state is a node within the tree of codes.
 */
const NO_SYMBOL = -1
const { next, symbols, mayEnd } = buildMachine()

function buildMachine() {
  // The tree: each node's two children, as a node (positive) or a symbol (~symbol).
  const children: number[] = [0, 0]
  const nodeCount = () => children.length / 2
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0
    const length = lengths[symbol] as number
    for (let bit = length - 1; bit > 0; bit--) {
      const side = node * 2 + (((codes[symbol] as number) >>> bit) & 1)
      if (children[side] === 0) {
        children[side] = nodeCount()
        children.push(0, 0)
      }
      node = children[side] as number
    }
    children[node * 2 + ((codes[symbol] as number) & 1)] = ~symbol
  }
  const nodes = nodeCount()
  const toNext = new Int16Array(nodes * 16)
  const toSymbol = new Int16Array(nodes * 16).fill(NO_SYMBOL)
  for (let node = 0; node < nodes; node++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let at = node
      for (let bit = 3; bit >= 0 && at >= 0; bit--) {
        const child = children[at * 2 + ((nibble >>> bit) & 1)] as number
        if (child >= 0) {
          at = child
        } else if (~child === EOS) {
          // [5.2]: a string that contains EOS is an error.
          at = -1
        } else {
          // At most one symbol ends within four bits, as the shortest code has five.
          toSymbol[node * 16 + nibble] = ~child
          at = 0
        }
      }
      toNext[node * 16 + nibble] = at
    }
  }
  // [5.2]: what is left over at the end are the first bits of EOS, all ones, and fewer than eight.
  const ends = new Uint8Array(nodes)
  let node = 0
  for (let bits = 0; bits < 8; bits++) {
    ends[node] = 1
    node = children[node * 2 + 1] as number
  }
  return { next: toNext, symbols: toSymbol, mayEnd: ends }
}

let scratch: Buffer = Buffer.allocUnsafeSlow(1024)

/** The string in `from` between two places, as latin1; undefined when that is no Huffman code. */
export function decodeHuffman(from: Buffer, start: number, end: number): string | undefined {
  const most = Math.ceil((end - start) * GROWTH)
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(most)
  const to = scratch
  let length = 0
  let state = 0
  for (let at = start; at < end; at++) {
    const byte = from[at] as number
    const first = state * 16 + (byte >>> 4)
    state = next[first] as number
    if (state < 0) return undefined
    const one = symbols[first] as number
    if (one >= 0) to[length++] = one
    const second = state * 16 + (byte & 15)
    state = next[second] as number
    if (state < 0) return undefined
    const other = symbols[second] as number
    if (other >= 0) to[length++] = other
  }
  return mayEnd[state] === 1 ? to.toString('latin1', 0, length) : undefined
}

/** The bytes of a latin1 string in Huffman code. For what is built once: it is not made for speed. */
export function encodeHuffman(text: string): Buffer {
  let bits = ''
  for (const byte of Buffer.from(text, 'latin1')) {
    bits += (codes[byte] as number).toString(2).padStart(lengths[byte] as number, '0')
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}
