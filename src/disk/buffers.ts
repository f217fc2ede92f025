/** Buffers to read into, used again: one for each reading under way. */
export interface Buffers {
  /** Calls with a buffer, which is given back when the promise settles. */
  using<T>(doing: (buffer: Buffer) => Promise<T>): Promise<T>
}

/** Kept for the next reading. */
const SPARE_BUFFERS = 4

export function createBuffers(bytes: number): Buffers {
  const spare: Buffer[] = []
  return {
    async using(doing) {
      const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(bytes)
      try {
        return await doing(buffer)
      } finally {
        if (spare.length < SPARE_BUFFERS) spare.push(buffer)
      }
    },
  }
}
