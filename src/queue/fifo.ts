/** Spent slots at the front before the array is cut: rare enough to cost nothing, small enough to hold nothing. */
const COMPACT_AT = 1024

/** A first-in first-out list with amortised constant-time `push` and `shift`. */
export interface Fifo<T> {
  readonly length: number
  push(item: T): void
  /** The oldest item without removing it; undefined when empty. */
  peek(): T | undefined
  shift(): T | undefined
  /** Up to `count` items from the front, oldest first, without removing them. */
  head(count: number): T[]
  /** The oldest of the first `limit` items that `test` takes. */
  find(test: (item: T) => boolean, limit: number): T | undefined
}

export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = []
  let first = 0

  return {
    get length() {
      return items.length - first
    },
    push(item) {
      items.push(item)
    },
    peek: () => items[first],
    shift() {
      if (first === items.length) return undefined
      const item = items[first]
      items[first++] = undefined
      if (first === items.length) {
        items = []
        first = 0
      } else if (first >= COMPACT_AT && first * 2 >= items.length) {
        items = items.slice(first)
        first = 0
      }
      return item
    },
    head: (count) => items.slice(first, first + count) as T[],
    find(test, limit) {
      const end = Math.min(items.length, first + limit)
      for (let i = first; i < end; i++) if (test(items[i] as T)) return items[i]
      return undefined
    },
  }
}
