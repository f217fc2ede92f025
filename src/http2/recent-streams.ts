/** How the last streams of a connection closed: what may still come on one, and what is an error, depends on it. */
export interface RecentStreams {
  /** `byUs`: we reset it, so its client may have sent more before it knew. */
  closed(stream: number, byUs: boolean): void
  /** undefined: it never was, or closed long ago. */
  how(stream: number): 'by us' | 'by the client or in the ordinary way' | undefined
}

/** A power of two. */
const REMEMBERED = 64

export function createRecentStreams(): RecentStreams {
  // The number of a stream; negative when we reset it.
  const ring = new Int32Array(REMEMBERED)
  let at = 0

  return {
    closed(stream, byUs) {
      ring[at] = byUs ? -stream : stream
      at = (at + 1) & (REMEMBERED - 1)
    },
    how(stream) {
      if (ring.includes(-stream)) return 'by us'
      return ring.includes(stream) ? 'by the client or in the ordinary way' : undefined
    },
  }
}
