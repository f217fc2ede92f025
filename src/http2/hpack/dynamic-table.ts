/** What an entry costs beside its characters [RFC 7541, 4.1]. */
const ENTRY_OVERHEAD_BYTES = 32

/** The fields that a sender told us to remember, the newest first [RFC 7541, 2.3.2]. */
export interface DynamicTable {
  readonly length: number
  /** The entry at a place, 0 for the newest; undefined beyond the oldest. */
  name(place: number): string | undefined
  value(place: number): string | undefined
  /** Puts an entry in, and out those for which there is no room any more; one that is too large empties the table [4.4]. */
  add(name: string, value: string): void
  /** Another size, in bytes: what does not fit any more goes [4.3]. */
  resize(maxBytes: number): void
}

export function createDynamicTable(firstMaxBytes: number): DynamicTable {
  let maxBytes = firstMaxBytes
  let bytes = 0
  // A ring of fields: the oldest at `first`. A power of two, so that places are found by a mask.
  let names: string[] = new Array(16).fill('')
  let values: string[] = new Array(16).fill('')
  let first = 0
  let length = 0

  const slot = (place: number): number => (first + length - 1 - place) & (names.length - 1)

  function evict(roomFor: number): void {
    while (length > 0 && bytes + roomFor > maxBytes) {
      bytes -= sizeOf(names[first] as string, values[first] as string)
      // Let go of the strings.
      names[first] = ''
      values[first] = ''
      first = (first + 1) & (names.length - 1)
      length--
    }
  }

  function grow(): void {
    const size = names.length
    const inOrder = (ring: readonly string[]): string[] => [
      ...ring.slice(first),
      ...ring.slice(0, first),
      ...new Array<string>(size).fill(''),
    ]
    names = inOrder(names)
    values = inOrder(values)
    first = 0
  }

  return {
    get length() {
      return length
    },
    name: (place) => (place < length ? names[slot(place)] : undefined),
    value: (place) => (place < length ? values[slot(place)] : undefined),
    add(name, value) {
      const size = sizeOf(name, value)
      evict(size)
      if (size > maxBytes) return
      if (length === names.length) grow()
      length++
      bytes += size
      names[slot(0)] = name
      values[slot(0)] = value
    },
    resize(to) {
      maxBytes = to
      evict(0)
    },
  }
}

/** [4.1]; both are latin1, a byte a character. */
export const sizeOf = (name: string, value: string): number =>
  name.length + value.length + ENTRY_OVERHEAD_BYTES
