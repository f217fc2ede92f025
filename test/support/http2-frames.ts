/**
 * HTTP/2 frames by hand [RFC 9113, 4.1], for what no client library does. Headers are written with HPACK [RFC 7541], never
 * Huffman coded.
 */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const

export const SETTING = { initialWindowSize: 4 } as const

/** What a client sends first of all [RFC 9113, 3.4], but for its SETTINGS. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export type Field = readonly [name: string, value: string]

export function encodeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const frame = Buffer.alloc(9 + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame[3] = type
  frame[4] = flags
  frame.writeUInt32BE(stream, 5)
  payload.copy(frame, 9)
  return frame
}

export const settings = (values: Readonly<Record<number, number>> = {}): Buffer =>
  encodeFrame(
    FRAME.settings,
    0,
    0,
    Buffer.concat(
      Object.entries(values).map(([id, value]) => {
        const entry = Buffer.alloc(6)
        entry.writeUInt16BE(Number(id), 0)
        entry.writeUInt32BE(value, 2)
        return entry
      }),
    ),
  )

/** A message of gRPC: a flag, its length, and its bytes. */
export function grpcMessage(body: Buffer): Buffer {
  const message = Buffer.concat([Buffer.alloc(5), body])
  message.writeUInt32BE(body.length, 1)
  return message
}

/** The header fields of a call as EMQX's client sends them. */
export const callFields = (path: string, more: Readonly<Record<string, string>> = {}): readonly Field[] =>
  Object.entries({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'localhost',
    te: 'trailers',
    'content-type': 'application/grpc+proto',
    'grpc-encoding': 'identity',
    'grpc-timeout': '5S',
    ...more,
  })

/** Literals with new names, which the receiver does not remember [RFC 7541, 6.2.2]. */
export const literals = (fields: readonly Field[]): Buffer => encodeFields(fields, 0x00)

/** The same, and the receiver puts each into its dynamic table, the last one at index 62 [RFC 7541, 6.2.1]. */
export const remembered = (fields: readonly Field[]): Buffer => encodeFields(fields, 0x40)

/** A field of the dynamic table: 0 is the newest one [RFC 7541, 6.1]. One byte. */
export const indexed = (age: number): Buffer => Buffer.of(0x80 | (62 + age))

const encodeFields = (fields: readonly Field[], kind: number): Buffer =>
  Buffer.concat(fields.map((field) => Buffer.concat([Buffer.of(kind), ...field.map(text)])))

const text = (value: string): Buffer => Buffer.concat([integer(value.length, 7), Buffer.from(value)])

/** An integer in so many bits of its first byte [RFC 7541, 5.1]. */
function integer(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.of(value)
  const bytes = [most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}
