import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { loadContract, methodOf } from '../../src/events/contract.ts'

/** Publishes as EMQX makes them, over raw HTTP/2, of any size and number at little cost: they share one payload. */
export interface Publishers {
  /** Resolves with gRPC's status and the time until it was told; -1 when the stream closed without one. */
  publish(clientid: string, topic: string, payload: Buffer): Promise<PublishAnswer>
  /** Streams that were reset, and connections that were lost, since the beginning. */
  readonly cuts: number
  close(): void
}

export interface PublishAnswer {
  readonly status: number
  readonly ms: number
}

export interface PublishersConfig {
  readonly port: number
  readonly connections: number
  readonly deadlineMs: number
  /** Over TLS: the authority that signed the certificate of localhost. Default: in plain text. */
  readonly ca?: string
}

const contract = loadContract()

export async function connectPublishers(config: PublishersConfig): Promise<Publishers> {
  let cuts = 0
  let closing = false
  const cut = (): void => {
    if (!closing) cuts++
  }
  const sessions = await Promise.all(
    Array.from({ length: config.connections }, () => connectSession(config, cut)),
  )
  let turn = 0
  return {
    publish(clientid, topic, payload) {
      const session = sessions[turn++ % sessions.length] as ClientHttp2Session
      const stream = beginCall(session, config.deadlineMs, cut)
      stream.write(headOf(clientid, topic, payload.length))
      writeInSlices(stream, payload)
      return answerOf(stream)
    },
    get cuts() {
      return cuts
    },
    close() {
      closing = true
      for (const session of sessions) session.destroy()
    },
  }
}

async function connectSession({ port, ca }: PublishersConfig, cut: () => void): Promise<ClientHttp2Session> {
  const url = ca === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
  // By default node:http2 cuts itself off at 10 MB of its own.
  const session = connect(url, { maxSessionMemory: 100_000, ...(ca !== undefined && { ca }) })
  session.on('error', () => {})
  session.once('close', cut)
  await once(session, 'remoteSettings')
  return session
}

function beginCall(session: ClientHttp2Session, deadlineMs: number, cut: () => void): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/emqx.exhook.v2.HookProvider/OnMessagePublish',
    'content-type': 'application/grpc+proto',
    'user-agent': 'grpc-erlang/0.1.0',
    te: 'trailers',
    'grpc-timeout': `${deadlineMs}m`,
  })
  stream.on('error', () => {})
  stream.once('close', () => {
    if (stream.rstCode !== 0) cut()
  })
  return stream.resume()
}

function answerOf(stream: ClientHttp2Stream): Promise<PublishAnswer> {
  const from = performance.now()
  return new Promise((resolve) => {
    const told = (headers: Record<string, unknown>) => {
      const status = headers['grpc-status']
      if (status !== undefined) resolve({ status: Number(status), ms: performance.now() - from })
    }
    stream.on('response', told)
    stream.on('trailers', told)
    stream.once('close', () => resolve({ status: -1, ms: performance.now() - from }))
  })
}

const SLICE_BYTES = 64 * 1024

/** A slice when the one before it is out: node:http2 would send a connection's streams one after the other. */
function writeInSlices(stream: ClientHttp2Stream, payload: Buffer, from = 0): void {
  const slice = payload.subarray(from, from + SLICE_BYTES)
  const next = from + slice.length
  if (next >= payload.length) stream.end(slice)
  else if (!stream.destroyed) stream.write(slice, () => writeInSlices(stream, payload, next))
}

/** The number of `payload` in the contract's Message. */
const PAYLOAD_FIELD = 6

/** The gRPC prefix and the request up to the bytes of the payload, which follow as its last field. */
function headOf(clientid: string, topic: string, payloadBytes: number): Buffer {
  const request = methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize({
    message: { node: 'emqx@127.0.0.1', id: clientid, qos: 1, from: clientid, topic, timestamp: Date.now() },
  })
  // Field 1 is the message, with its length in one byte or two.
  const fields = request.subarray((request[1] as number) < 0x80 ? 2 : 3)
  const payloadTag = Buffer.concat([Buffer.of((PAYLOAD_FIELD << 3) | 2), varint(payloadBytes)])
  const messageBytes = fields.length + payloadTag.length + payloadBytes
  const head = Buffer.concat([Buffer.of((1 << 3) | 2), varint(messageBytes), fields, payloadTag])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(head.length + payloadBytes, 1)
  return Buffer.concat([prefix, head])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
