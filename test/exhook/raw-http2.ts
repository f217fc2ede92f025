import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Served } from './served.ts'

/**
 * HTTP/2 frames by hand [RFC 9113], for what no client library does: to go on calling on a connection that was told
 * to go away.
 */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const FRAME = { data: 0, headers: 1, rstStream: 3, settings: 4, goaway: 7 } as const
const END_STREAM = 0x1
const END_HEADERS = 0x4
const ACK = 0x1

export interface RawHttp2 {
  readonly socket: Socket
  /** Every frame that came, in order. */
  readonly frames: readonly Frame[]
  /** Sends one unary gRPC call on a stream (odd numbers, rising). */
  call(stream: number, path: string, body: Buffer): void
  /** Sends the headers of a call, and never its message. */
  begin(stream: number, path: string): void
  /** Resolves with the first frame that fits, those that came already included. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>
  /** Resolves when the server ended the stream with trailers. */
  ended(stream: number): Promise<Frame>
  readonly closed: Promise<void>
  destroy(): void
}

export async function connectRaw({ port, tls }: Pick<Served, 'port' | 'tls'>): Promise<RawHttp2> {
  const at = { port, host: '127.0.0.1' }
  const socket: Socket = tls
    ? connectTls({ ...at, ...tls, servername: 'localhost', ALPNProtocols: ['h2'] })
    : connect(at)
  await once(socket, tls ? 'secureConnect' : 'connect')
  const frames: Frame[] = []
  let waiting: (() => void)[] = []
  socket.write(
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), encodeFrame(FRAME.settings, 0, 0)]),
  )
  readFrames(socket, (frame) => {
    frames.push(frame)
    if (frame.type === FRAME.settings && (frame.flags & ACK) === 0) {
      socket.write(encodeFrame(FRAME.settings, ACK, 0))
    }
    for (const look of waiting.splice(0)) look()
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))

  async function frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = frames.find(fits)
      if (found !== undefined) return found
      await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), closed])
      if (socket.destroyed && !frames.some(fits))
        throw new Error('the connection closed before such a frame came')
    }
  }

  return {
    socket,
    frames,
    call(stream, path, body) {
      const message = Buffer.concat([Buffer.alloc(5), body])
      message.writeUInt32BE(body.length, 1)
      socket.write(
        Buffer.concat([
          encodeFrame(FRAME.headers, END_HEADERS, stream, headerBlock(path)),
          encodeFrame(FRAME.data, END_STREAM, stream, message),
        ]),
      )
    },
    begin(stream, path) {
      socket.write(encodeFrame(FRAME.headers, END_HEADERS, stream, headerBlock(path)))
    },
    frame,
    ended: (stream) =>
      frame((f) => f.stream === stream && f.type === FRAME.headers && (f.flags & END_STREAM) !== 0),
    closed,
    destroy() {
      waiting = []
      socket.destroy()
    },
  }
}

/** The last stream that the server says it will answer [RFC 9113, 6.8]. */
export const lastStreamOf = (goaway: Frame): number => goaway.payload.readUInt32BE(0)

function encodeFrame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** Header fields as literals without indexing, with new names and without Huffman coding [RFC 7541, 6.2.2]. */
function headerBlock(path: string): Buffer {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'localhost',
    te: 'trailers',
    'content-type': 'application/grpc+proto',
    'grpc-encoding': 'identity',
    'grpc-timeout': '5S',
  }
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.of(0, name.length),
      Buffer.from(name),
      Buffer.of(value.length),
      Buffer.from(value),
    ]),
  )
}

function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      const stream = rest.readUInt32BE(5) & 0x7fffffff
      onFrame({ type: rest[3] as number, flags: rest[4] as number, stream, payload: rest.subarray(9, end) })
      rest = rest.subarray(end)
    }
  })
}
