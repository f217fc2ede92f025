import { ERROR, FLAG, readUint31 } from './frames.ts'
import { ConnectionError } from './http2-error.ts'

/*
 * What frames have to look like whatever went before [RFC 9113, 6]. A wrong one ends the connection, also where the RFC
 * would let a stream end alone [5.4.1]: no client makes such a thing.
 */

export const protocolError = (message: string): ConnectionError =>
  new ConnectionError(ERROR.protocol, 'protocol', message)

const sizeError = (name: string, bytes: number): ConnectionError =>
  new ConnectionError(ERROR.frameSize, 'frame_size', `${name} of ${bytes} bytes`)

/** [6.1] The payload without its padding. */
export function unpadded(flags: number, payload: Buffer): Buffer {
  if ((flags & FLAG.padded) === 0) return payload
  const padding = payload[0]
  if (padding === undefined || padding >= payload.length) throw protocolError('more padding than payload')
  return payload.subarray(1, payload.length - padding)
}

/** [6.2] What is left of a HEADERS frame without padding and priority: its fragment of the block. */
export function fragmentOf(flags: number, stream: number, payload: Buffer): Buffer {
  // [5.1.1]
  if ((stream & 1) === 0) throw protocolError(`a request on stream ${stream}`)
  const rest = unpadded(flags, payload)
  if ((flags & FLAG.priority) === 0) return rest
  if (rest.length < PRIORITY_BYTES) throw sizeError('HEADERS', payload.length)
  if (readUint31(rest, 0) === stream) throw protocolError('a stream that depends on itself')
  return rest.subarray(PRIORITY_BYTES)
}

const PRIORITY_BYTES = 5

/** [6.3] */
export function checkPriority(stream: number, payload: Buffer): void {
  if (stream === 0) throw protocolError('PRIORITY of no stream')
  if (payload.length !== PRIORITY_BYTES) throw sizeError('PRIORITY', payload.length)
  if (readUint31(payload, 0) === stream) throw protocolError('a stream that depends on itself')
}

/** [6.4] */
export function checkReset(stream: number, payload: Buffer): void {
  if (stream === 0) throw protocolError('RST_STREAM of no stream')
  if (payload.length !== 4) throw sizeError('RST_STREAM', payload.length)
}

/** [6.5] True for an acknowledgement. */
export function isSettingsAck(flags: number, stream: number, payload: Buffer): boolean {
  if (stream !== 0) throw protocolError('SETTINGS of a stream')
  if ((flags & FLAG.ack) === 0) return false
  if (payload.length > 0) throw sizeError('an acknowledgement of SETTINGS', payload.length)
  return true
}

/** [6.7] True when an answer is wanted. */
export function isPing(flags: number, stream: number, payload: Buffer): boolean {
  if (stream !== 0) throw protocolError('PING of a stream')
  if (payload.length !== 8) throw sizeError('PING', payload.length)
  return (flags & FLAG.ack) === 0
}

/** [6.8] */
export function checkGoAway(stream: number, payload: Buffer): void {
  if (stream !== 0) throw protocolError('GOAWAY of a stream')
  if (payload.length < 8) throw sizeError('GOAWAY', payload.length)
}

/** [6.9] The bytes that are given; 0 is an error, of the stream where there is one. */
export function windowIncrement(stream: number, payload: Buffer): number {
  if (payload.length !== 4) throw sizeError('WINDOW_UPDATE', payload.length)
  const bytes = readUint31(payload, 0)
  if (bytes === 0 && stream === 0) throw protocolError('WINDOW_UPDATE of nothing')
  return bytes
}
