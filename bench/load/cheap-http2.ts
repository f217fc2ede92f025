import { connect, type Socket } from 'node:net'

/**
 * As much of HTTP/2 as it takes to make gRPC calls, again and again, over one connection: a call costs a tenth of
 * what it costs with node:http2, so that the load leaves the machine to what is under test. RFC 9113 in brackets.
 */
export interface CheapConnection {
  /**
   * Sends a gRPC message with its prefix, at most 16 KiB [4.2], of which a copy is made. `done` gets null when a message came
   * back, which no failed call brings, else why not.
   */
  call(path: string, message: Buffer, done: (failure: string | null) => void): void
  /** Writes what was called since; to be called when a burst is complete. */
  flush(): void
  close(): void
}

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const WINDOW_UPDATE = 8
const END_STREAM = 0x1
const ACK = 0x1
const END_HEADERS = 0x4

const FRAME_HEADER_BYTES = 9
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** What a peer may send before the other has made room [6.9.2]. */
const FIRST_WINDOW = 65_535
const LARGEST_WINDOW = 2 ** 31 - 1
const CLOSED = 'the connection was closed'

export async function openCheapConnection(port: number): Promise<CheapConnection> {
  const socket = await dial(port)
  const headers = new Map<string, Buffer>()
  const streams = new Map<number, { answered: boolean; readonly done: (failure: string | null) => void }>()
  const held: { readonly frames: Buffer; readonly bytes: number }[] = []
  let out: Buffer[] = []
  let nextStream = 1
  let window = FIRST_WINDOW
  let rest: Buffer = Buffer.alloc(0)
  let closed = false

  // No dynamic table, so that the headers of each answer stand by themselves; room for all answers ever.
  out.push(PREFACE, frame(SETTINGS, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0])))
  out.push(frame(WINDOW_UPDATE, 0, 0, uint32(LARGEST_WINDOW - FIRST_WINDOW)))
  flush()

  function call(path: string, message: Buffer, done: (failure: string | null) => void): void {
    if (closed) {
      done(CLOSED)
      return
    }
    const stream = nextStream
    nextStream += 2
    streams.set(stream, { answered: false, done })
    const frames = Buffer.concat([
      frame(HEADERS, END_HEADERS, stream, headersOf(path)),
      frame(DATA, END_STREAM, stream, message),
    ])
    held.push({ frames, bytes: message.length })
    sendWhatFits()
  }

  function headersOf(path: string): Buffer {
    const known = headers.get(path)
    if (known !== undefined) return known
    const block = requestHeaders(port, path)
    headers.set(path, block)
    return block
  }

  function sendWhatFits(): void {
    for (let first = held[0]; first !== undefined && first.bytes <= window; first = held[0]) {
      window -= first.bytes
      out.push(first.frames)
      held.shift()
    }
  }

  function flush(): void {
    if (out.length === 0) return
    socket.write(Buffer.concat(out))
    out = []
  }

  function end(stream: number, otherwise: string): void {
    const open = streams.get(stream)
    streams.delete(stream)
    open?.done(open.answered ? null : otherwise)
  }

  function take(type: number, flags: number, stream: number, payload: Buffer): void {
    const open = streams.get(stream)
    if (type === DATA && open !== undefined && payload.length > 0) open.answered = true
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0)
      end(stream, 'no message in the reply')
    else if (type === RST_STREAM) end(stream, 'the stream was reset')
    else if (type === SETTINGS && (flags & ACK) === 0) out.push(frame(SETTINGS, ACK, 0, Buffer.alloc(0)))
    else if (type === PING && (flags & ACK) === 0) out.push(frame(PING, ACK, 0, payload))
    else if (type === WINDOW_UPDATE && stream === 0) {
      window += payload.readUInt32BE(0)
      sendWhatFits()
    }
  }

  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      const stream = bytes.readUInt32BE(at + 5)
      take(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, stream, bytes.subarray(at + FRAME_HEADER_BYTES, end))
      at = end
    }
    rest = bytes.subarray(at)
    flush()
  })
  socket.on('close', () => {
    closed = true
    for (const stream of [...streams.keys()]) end(stream, CLOSED)
  })
  return { call, flush, close: () => void socket.destroy() }
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => {})
      resolve(socket)
    })
  })
}

/** [4.1] */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  payload.copy(bytes, FRAME_HEADER_BYTES)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const requestHeaders = (port: number, path: string): Buffer =>
  headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': `127.0.0.1:${port}`,
    'grpc-encoding': 'identity',
    'grpc-timeout': '5S',
    'content-type': 'application/grpc+proto',
    'user-agent': 'grpc-erlang/0.1.0',
    te: 'trailers',
  })

/** Every field spelled out, nothing remembered: "literal header field without indexing, new name" of HPACK, RFC 7541, 6.2.2. */
function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.from([value.length]),
      Buffer.from(value, 'latin1'),
    ]),
  )
}
