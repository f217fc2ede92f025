import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  callFields,
  encodeFrame,
  FLAG,
  FRAME,
  grpcMessage,
  literals,
  PREFACE,
  settings,
} from '../support/http2-frames.ts'
import type { Served } from './served.ts'

/** A connection that does what no client library does: it goes on calling when it was told to go away. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export interface RawHttp2 {
  readonly socket: Socket
  /** Every frame that came, in order. */
  readonly frames: readonly Frame[]
  /** Sends one unary gRPC call on a stream (odd numbers, rising). */
  call(stream: number, path: string, body: Buffer): void
  /** Sends the headers of a call, and never its message. */
  begin(stream: number, path: string, more?: Readonly<Record<string, string>>): void
  /** Sends these frames, or anything else. */
  send(...frames: readonly Buffer[]): void
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
  socket.write(Buffer.concat([PREFACE, settings()]))
  readFrames(socket, (frame) => {
    frames.push(frame)
    if (frame.type === FRAME.settings && (frame.flags & FLAG.ack) === 0) {
      socket.write(encodeFrame(FRAME.settings, FLAG.ack, 0))
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
      socket.write(
        Buffer.concat([
          encodeFrame(FRAME.headers, FLAG.endHeaders, stream, literals(callFields(path))),
          encodeFrame(FRAME.data, FLAG.endStream, stream, grpcMessage(body)),
        ]),
      )
    },
    begin(stream, path, more) {
      socket.write(encodeFrame(FRAME.headers, FLAG.endHeaders, stream, literals(callFields(path, more))))
    },
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    frame,
    ended: (stream) =>
      frame((f) => f.stream === stream && f.type === FRAME.headers && (f.flags & FLAG.endStream) !== 0),
    closed,
    destroy() {
      waiting = []
      socket.destroy()
    },
  }
}

/** The last stream that the server says it will answer [RFC 9113, 6.8]. */
export const lastStreamOf = (goaway: Frame): number => goaway.payload.readUInt32BE(0)

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
