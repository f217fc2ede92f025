import type { HpackDecoder } from './hpack/decoder.ts'
import { createFieldCollector, type RequestFields } from './request-fields.ts'

/** A request's first block, understood: what the application made of its fields, or that it is malformed. */
export interface RequestHead<Head> {
  readonly head: Head
  readonly contentLength: number | null
}

/** Reads the header blocks of one connection. */
export interface RequestHeads<Head> {
  /** A request's first block; null when the request is malformed. Throws as the decoder does. */
  request(block: Buffer): RequestHead<Head> | null
  /** Another block: trailers, or one that nobody wants. False when it cannot be trailers. Throws as the decoder does. */
  trailers(block: Buffer): boolean
}

/** Blocks that are remembered for one connection. */
const MAX_KNOWN = 64

/**
 * A client says the same with each call, in the same bytes as long as its table stays as it is. So what a block meant is
 * remembered by its bytes, until the next block that changes the table.
 */
export function createRequestHeads<Head>(
  decoder: HpackDecoder,
  maxListBytes: number,
  readHead: (fields: RequestFields) => Head,
): RequestHeads<Head> {
  const known = new Map<string, RequestHead<Head> | null>()
  let generation = decoder.generation

  function decode(block: Buffer): RequestHead<Head> | null {
    const collector = createFieldCollector(maxListBytes)
    decoder.decode(block, collector.take)
    const fields = collector.request()
    if (fields === 'malformed') return null
    return { head: readHead(fields), contentLength: fields.contentLength }
  }

  return {
    request(block) {
      const bytes = block.toString('latin1')
      const before = generation === decoder.generation ? known.get(bytes) : undefined
      if (before !== undefined) return before
      const head = decode(block)
      if (generation !== decoder.generation || known.size === MAX_KNOWN) known.clear()
      // A block that changes the table means something else the next time.
      if (generation === decoder.generation) known.set(bytes, head)
      generation = decoder.generation
      return head
    },
    trailers(block) {
      const collector = createFieldCollector(maxListBytes)
      decoder.decode(block, collector.take)
      return collector.isTrailers()
    },
  }
}
