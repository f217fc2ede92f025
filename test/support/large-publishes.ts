import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { loadContract, methodOf } from '../../src/events/contract.ts'

/** Publishes over raw HTTP/2 as EMQX makes them, of any size at little cost: all share the bytes of one payload. */
export interface Publishers {
  /** Never rejects. A call is over when its stream has closed on both sides. */
  publish(clientid: string, topic: string, payload: Buffer): Promise<PublishAnswer>
  close(): void
}

export interface PublishAnswer {
  /** gRPC's status; -1 when the stream ended without one. */
  readonly status: number
  /** Until the answer's last headers came. */
  readonly ms: number
  /** The HTTP/2 error code with which the stream was reset; 0: it was not. */
  readonly resetCode: number
}

const contract = loadContract()

export interface PublishersConfig {
  readonly port: number
  readonly connections: number
  readonly deadlineMs: number
}

export async function connectPublishers(config: PublishersConfig): Promise<Publishers> {
  const sessions: ClientHttp2Session[] = []
  for (let i = 0; i < config.connections; i++) {
    const session = connect(`http://127.0.0.1:${config.port}`, { maxSessionMemory: 1e6 })
    session.on('error', () => {})
    await once(session, 'remoteSettings')
    sessions.push(session)
  }
  let turn = 0
  return {
    publish(clientid, topic, payload) {
      const session = sessions[turn++ % sessions.length] as ClientHttp2Session
      return publish(session, config.deadlineMs, clientid, topic, payload)
    },
    close() {
      for (const session of sessions) session.destroy()
    },
  }
}

function publish(
  session: ClientHttp2Session,
  deadlineMs: number,
  clientid: string,
  topic: string,
  payload: Buffer,
): Promise<PublishAnswer> {
  const from = performance.now()
  const stream = session.request({
    ':method': 'POST',
    ':path': '/emqx.exhook.v2.HookProvider/OnMessagePublish',
    'content-type': 'application/grpc+proto',
    'user-agent': 'grpc-erlang/0.1.0',
    te: 'trailers',
    'grpc-timeout': `${deadlineMs}m`,
  })
  let status = -1
  let ms = 0
  const told = (headers: NodeJS.Dict<string | string[] | number>) => {
    if (headers['grpc-status'] === undefined) return
    status = Number(headers['grpc-status'])
    ms = performance.now() - from
  }
  stream.on('response', told)
  stream.on('trailers', told)
  stream.on('error', () => {})
  stream.resume()
  stream.write(headOf(clientid, topic, payload.length))
  writeInSlices(stream, payload)
  return new Promise((resolve) => {
    stream.once('close', () => resolve({ status, ms, resetCode: stream.rstCode ?? 0 }))
  })
}

const SLICE_BYTES = 64 * 1024

/** A slice when the one before it is out: node:http2 sends the streams of a connection one after the other otherwise. */
function writeInSlices(stream: ClientHttp2Stream, payload: Buffer, from = 0): void {
  const slice = payload.subarray(from, from + SLICE_BYTES)
  const next = from + slice.length
  if (next === payload.length) stream.end(slice)
  else if (!stream.destroyed) stream.write(slice, () => writeInSlices(stream, payload, next))
}

/** The gRPC prefix and the request up to the bytes of the payload, which follow as its last field. */
function headOf(clientid: string, topic: string, payloadBytes: number): Buffer {
  const { requestSerialize } = methodOf(contract, 'v2', 'OnMessagePublish')
  const message = requestSerialize({
    message: { node: 'emqx@127.0.0.1', id: clientid, qos: 1, from: clientid, topic, timestamp: Date.now() },
  })
  // Field 1 of the request is the message; its length, in one or two bytes, is replaced.
  const fields = message.subarray((message[1] as number) < 0x80 ? 2 : 3)
  const payload = Buffer.concat([Buffer.of((PAYLOAD_FIELD << 3) | 2), varint(payloadBytes)])
  const inner = fields.length + payload.length + payloadBytes
  const head = Buffer.concat([Buffer.of((1 << 3) | 2), varint(inner), fields, payload])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(head.length + payloadBytes, 1)
  return Buffer.concat([prefix, head])
}

/** The number of `payload` in the contract's Message. */
const PAYLOAD_FIELD = 6

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}
