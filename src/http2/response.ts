import { FLAG, FRAME, FRAME_HEADER_BYTES, MAX_FRAME_BYTES, writeFrameHeader, writeUint32 } from './frames.ts'

/**
 * A whole response, without the number of its stream: it can be built once and sent any number of times. Header blocks are
 * those of `encodeFields`.
 */
export interface Response {
  readonly head: Buffer
  /** What is sent as DATA; null when the head is all there is. */
  readonly body: Buffer | null
  /** Sent after the body; null when it ends with the body. */
  readonly trailers: Buffer | null
  /** All its frames, for stream 0, when the body fits into one. */
  readonly frames: Buffer | null
  /** Where in `frames` the stream's number has to be written. */
  readonly streamAt: readonly number[]
}

export function createResponse(head: Buffer, body: Buffer, trailers: Buffer | null): Response {
  if (body.length > MAX_FRAME_BYTES) return { head, body, trailers, frames: null, streamAt: [] }
  return {
    head,
    body,
    trailers,
    ...joined([
      [FRAME.headers, FLAG.endHeaders, head],
      [FRAME.data, trailers === null ? FLAG.endStream : 0, body],
      ...(trailers === null ? [] : [[FRAME.headers, FLAG.endHeaders | FLAG.endStream, trailers] as const]),
    ]),
  }
}

/** A response of one header block. */
export const createHeadersOnly = (head: Buffer): Response => ({
  head,
  body: null,
  trailers: null,
  ...joined([[FRAME.headers, FLAG.endHeaders | FLAG.endStream, head]]),
})

function joined(
  frames: readonly (readonly [type: number, flags: number, payload: Buffer])[],
): Pick<Response, 'frames' | 'streamAt'> {
  const bytes = Buffer.concat(
    frames.flatMap(([type, flags, payload]) => [header(type, flags, payload), payload]),
  )
  const streamAt: number[] = []
  let at = 0
  for (const [, , payload] of frames) {
    streamAt.push(at + 5)
    at += FRAME_HEADER_BYTES + payload.length
  }
  return { frames: bytes, streamAt }
}

function header(type: number, flags: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES)
  writeFrameHeader(bytes, 0, payload.length, type, flags, 0)
  return bytes
}

/** Writes the frames of a response for one stream; there have to be some. */
export function writeResponse(response: Response, to: Buffer, at: number, stream: number): void {
  const { frames, streamAt } = response
  ;(frames as Buffer).copy(to, at)
  for (const place of streamAt) writeUint32(to, at + place, stream)
}
