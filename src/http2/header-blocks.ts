import { ERROR, FLAG } from './frames.ts'
import { ConnectionError } from './http2-error.ts'

/** A header block whose frames have all come. */
export interface HeaderBlock {
  readonly stream: number
  /** The flags of its HEADERS frame. */
  readonly flags: number
  readonly bytes: Buffer
}

/** Puts a block together that comes in several frames [RFC 9113, 4.3]. */
export interface HeaderBlocks {
  /** The stream whose CONTINUATION has to come next, and nothing else; 0 when none has. */
  readonly open: number
  /** The fragment of a HEADERS frame, without padding and priority. Returns the block if that was all of it. */
  begin(stream: number, flags: number, fragment: Buffer): HeaderBlock | null
  /** The fragment of a CONTINUATION frame of the open stream. Throws a ConnectionError when there is no end to it. */
  continue(flags: number, fragment: Buffer): HeaderBlock | null
}

/** Nobody's headers come in more frames: each holds up to 16 KiB. */
const MAX_CONTINUATIONS = 8

export function createHeaderBlocks(maxBytes: number): HeaderBlocks {
  let open = 0
  let flags = 0
  let fragments: Buffer[] = []
  let bytes = 0

  function add(fragment: Buffer): void {
    bytes += fragment.length
    if (bytes > maxBytes || fragments.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ERROR.enhanceYourCalm, 'header_flood', 'a header block without end')
    }
    fragments.push(Buffer.from(fragment))
  }

  return {
    get open() {
      return open
    },
    begin(stream, frameFlags, fragment) {
      if ((frameFlags & FLAG.endHeaders) !== 0) return { stream, flags: frameFlags, bytes: fragment }
      open = stream
      flags = frameFlags
      bytes = 0
      fragments = []
      add(fragment)
      return null
    },
    continue(frameFlags, fragment) {
      add(fragment)
      if ((frameFlags & FLAG.endHeaders) === 0) return null
      const block = { stream: open, flags, bytes: Buffer.concat(fragments) }
      open = 0
      fragments = []
      return block
    },
  }
}
