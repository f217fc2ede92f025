import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createFrameReader } from '../../src/http2/frame-reader.ts'
import { FRAME, PREFACE, writeFrameHeader } from '../../src/http2/frames.ts'
import { encodeFields } from '../../src/http2/hpack/encode.ts'

/** A client that sends what it likes. */
export interface RawClient {
  readonly socket: Socket
  /** What the server sent, in order. */
  readonly frames: readonly { readonly type: number; readonly stream: number; readonly payload: Buffer }[]
  send(...frames: Buffer[]): void
  /** Sends again and again as fast as the server reads, until it closes or so much is sent; resolves to how many. */
  flood(next: (count: number) => Buffer, most: number): Promise<number>
  readonly closed: Promise<unknown>
  /** The code of the GOAWAY that came. */
  readonly goAwayCode: number | undefined
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(9)
  writeFrameHeader(header, 0, payload.length, type, flags, stream)
  return Buffer.concat([header, payload])
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The fields of a request, each in full. */
export const REQUEST = encodeFields([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
])

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  const frames: { type: number; stream: number; payload: Buffer }[] = []
  const reader = createFrameReader((type, _flags, stream, payload) =>
    frames.push({ type, stream, payload: Buffer.from(payload) }),
  )
  // A server sends no preface.
  reader.read(PREFACE)
  socket.on('data', (chunk: Buffer) => reader.read(chunk))
  socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]))
  const closed = new Promise((resolve) => socket.once('close', resolve))

  return {
    socket,
    frames,
    closed,
    send: (...sent) => void socket.write(Buffer.concat(sent)),
    async flood(next, most) {
      let count = 0
      while (count < most && !socket.destroyed) {
        const burst: Buffer[] = []
        for (let i = 0; i < 500 && count < most; i++) burst.push(next(count++))
        if (!socket.write(Buffer.concat(burst))) {
          await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
        }
      }
      return count
    },
    get goAwayCode() {
      return frames.find(({ type }) => type === FRAME.goaway)?.payload.readUInt32BE(4)
    },
  }
}
