/** From this size on, a payload is encoded piece by piece. */
export const LARGE_PAYLOAD_BYTES = 64 * 1024

const EMPTY = '"payload":""'
/** A multiple of 3, so that only the last piece is padded. */
const PIECE_BYTES = 48 * 1024

/**
 * JSON whose field `payload` is empty, as UTF-8 with the payload put there in base64: the same bytes as if it had been
 * there, without two strings of its size on the way.
 */
export function withLargePayload(json: string, payload: Buffer): Buffer {
  // Text of the JSON cannot look like this: its quotes are escaped.
  const at = json.indexOf(EMPTY) + EMPTY.length - 1
  const before = json.slice(0, at)
  const after = json.slice(at)
  const base64Bytes = 4 * Math.ceil(payload.length / 3)
  const into = Buffer.allocUnsafeSlow(Buffer.byteLength(before) + base64Bytes + Buffer.byteLength(after))
  let to = into.write(before)
  for (let from = 0; from < payload.length; from += PIECE_BYTES) {
    to += into.write(
      payload.toString('base64', from, Math.min(payload.length, from + PIECE_BYTES)),
      to,
      'latin1',
    )
  }
  into.write(after, to)
  return into
}
