/**
 * Which of a file's records are not done: a bit each. Numbers are added in growing order. `dense` has a bit for every
 * number from the first on; `sparse`, for files of which compaction left few records, has four bytes and a bit for
 * each that is there.
 */
export interface LiveSeqs {
  add(seq: number): void
  has(seq: number): boolean
  /** Returns whether it was there. */
  delete(seq: number): boolean
  /** Returns how many were there. */
  deleteRange(from: number, to: number): number
  /** Whether a record from this range was ever added, or may have been. */
  mayHold(from: number, to: number): boolean
  /** No more is added: gives back what room it can; returns what to use instead. */
  seal(): LiveSeqs
}

export function createDenseSeqs(base: number, capacity = 1_024): LiveSeqs {
  let bits = new Uint8Array(capacity >> 3)
  let last = base - 1
  return {
    add(seq) {
      const index = seq - base
      if (index >> 3 >= bits.length) bits = grown(bits, (index >> 3) + 1)
      setBit(bits, index)
      last = seq
    },
    has: (seq) => seq >= base && seq <= last && getBit(bits, seq - base),
    delete: (seq) => seq >= base && seq <= last && clearBit(bits, seq - base),
    deleteRange(from, to) {
      let count = 0
      const end = Math.min(to, last)
      for (let seq = Math.max(from, base); seq <= end; seq++) if (clearBit(bits, seq - base)) count++
      return count
    },
    mayHold: (from, to) => from <= last && to >= base,
    seal() {
      bits = bits.slice(0, ((last - base) >> 3) + 1)
      return this
    },
  }
}

export function createSparseSeqs(base: number): LiveSeqs {
  let offsets = new Uint32Array(256)
  let bits = new Uint8Array(32)
  let count = 0

  /** The place of the first one that is not below; `count` when all are. */
  function placeOf(seq: number): number {
    const offset = seq - base
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >> 1
      if ((offsets[middle] as number) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
  const isAt = (place: number, seq: number) => place < count && offsets[place] === seq - base

  return {
    add(seq) {
      if (count === offsets.length) {
        const larger = new Uint32Array(count * 2)
        larger.set(offsets)
        offsets = larger
        bits = grown(bits, count >> 2)
      }
      offsets[count] = seq - base
      setBit(bits, count++)
    },
    has(seq) {
      const place = placeOf(seq)
      return isAt(place, seq) && getBit(bits, place)
    },
    delete(seq) {
      const place = placeOf(seq)
      return isAt(place, seq) && clearBit(bits, place)
    },
    deleteRange(from, to) {
      let deleted = 0
      for (let place = placeOf(from); place < count && base + (offsets[place] as number) <= to; place++) {
        if (clearBit(bits, place)) deleted++
      }
      return deleted
    },
    mayHold(from, to) {
      const place = placeOf(from)
      return place < count && (offsets[place] as number) <= to - base
    },
    seal() {
      const span = count === 0 ? 0 : (offsets[count - 1] as number) + 1
      if (span >> 3 > count * 4) {
        offsets = offsets.slice(0, count)
        bits = bits.slice(0, (count >> 3) + 1)
        return this
      }
      const dense = createDenseSeqs(base, span + 8)
      for (let i = 0; i < count; i++) {
        const seq = base + (offsets[i] as number)
        dense.add(seq)
        if (!getBit(bits, i)) dense.delete(seq)
      }
      return dense
    },
  }
}

function grown(bits: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes, bits.length * 2))
  larger.set(bits)
  return larger
}

const getBit = (bits: Uint8Array, index: number): boolean =>
  ((bits[index >> 3] as number) & (1 << (index & 7))) !== 0

function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7))
}

function clearBit(bits: Uint8Array, index: number): boolean {
  const mask = 1 << (index & 7)
  const byte = bits[index >> 3] as number
  if ((byte & mask) === 0) return false
  bits[index >> 3] = byte & ~mask
  return true
}
