/** The numbers of HTTP/2's frames [RFC 9113, 4.1, 6, 7, 6.5.2]. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

/** Why a stream or a connection ends [7]. */
export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const

export type ErrorCode = (typeof ERROR)[keyof typeof ERROR]

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

export const FRAME_HEADER_BYTES = 9
/** The largest payload that a peer has to take, and that we take: the default is never raised [4.2]. */
export const MAX_FRAME_BYTES = 16_384
/** What a side may send before the other has made room, on a stream and on a connection [6.9.2]. */
export const DEFAULT_WINDOW_BYTES = 65_535
/** No window is larger [6.9.1]. */
export const MAX_WINDOW_BYTES = 2 ** 31 - 1
/** The highest number of a stream [5.1.1]. */
export const MAX_STREAM = 2 ** 31 - 1

/** What a client sends first, before its SETTINGS [3.4]. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** The nine bytes before each payload [4.1]. */
export function writeFrameHeader(
  to: Buffer,
  at: number,
  bytes: number,
  type: number,
  flags: number,
  stream: number,
): void {
  to[at] = bytes >>> 16
  to[at + 1] = bytes >>> 8
  to[at + 2] = bytes
  to[at + 3] = type
  to[at + 4] = flags
  writeUint32(to, at + 5, stream)
}

/** As `writeUInt32BE`, without its checks. */
export function writeUint32(to: Buffer, at: number, value: number): void {
  to[at] = value >>> 24
  to[at + 1] = value >>> 16
  to[at + 2] = value >>> 8
  to[at + 3] = value
}

/** The same without the first bit, which is reserved in streams and windows. */
export function readUint31(from: Buffer, at: number): number {
  return (
    (((from[at] as number) & 0x7f) << 24) |
    ((from[at + 1] as number) << 16) |
    ((from[at + 2] as number) << 8) |
    (from[at + 3] as number)
  )
}
