import { type ClientHttp2Session, connect } from 'node:http2'
import { publishRequest, SEQUENCE_DIGITS } from './publish-request.ts'
import { percentile } from './statistics.ts'

/**
 * A closed loop as EMQX makes it: so many HTTP/2 connections, so many MQTT clients with one call in flight each, a
 * client always on the same connection. Raw HTTP/2, so that the load costs less than the server under it.
 */
export interface LoadConfig {
  readonly port: number
  readonly connections: number
  readonly callsPerConnection: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** The MQTT topic of client `n` begins with this. */
  readonly topicPrefix: string
  /** Told when the measured part begins and ends. */
  readonly onPhase: (phase: 'begin' | 'end') => void
}

export interface LoadResult {
  /** Calls answered in all, and in the measured part. */
  readonly answered: number
  readonly measured: number
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly seconds: number
}

const PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'
const FRAME_HEADER_BYTES = 5

export async function runLoad(config: LoadConfig): Promise<LoadResult> {
  const latencies: number[] = []
  let phase: 'warm-up' | 'measure' | 'over' = 'warm-up'
  let answered = 0
  let failed = 0

  async function client(session: ClientHttp2Session, name: string): Promise<void> {
    const { body, sequenceAt } = publishRequest(name, `${config.topicPrefix}/${name}/state`)
    for (let sequence = 0; phase !== 'over'; sequence++) {
      const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length)
      frame[0] = 0
      frame.writeUInt32BE(body.length, 1)
      body.copy(frame, FRAME_HEADER_BYTES)
      frame.write(String(sequence).padStart(SEQUENCE_DIGITS, '0'), FRAME_HEADER_BYTES + sequenceAt, 'latin1')
      const start = performance.now()
      const ok = await call(session, frame)
      if (phase === 'measure') latencies.push(performance.now() - start)
      if (ok) answered++
      else failed++
    }
  }

  const sessions = await Promise.all(
    Array.from({ length: config.connections }, () => openSession(`http://127.0.0.1:${config.port}`)),
  )
  const clients = sessions.flatMap((session, c) =>
    Array.from({ length: config.callsPerConnection }, (_, i) => client(session, `bench-${c}-${i}`)),
  )
  await wait(config.warmUpMs)
  phase = 'measure'
  const begin = performance.now()
  config.onPhase('begin')
  await wait(config.measureMs)
  config.onPhase('end')
  const seconds = (performance.now() - begin) / 1000
  phase = 'over'
  await Promise.all(clients)
  for (const session of sessions) session.close()

  const sorted = Float64Array.from(latencies).sort()
  return {
    answered,
    measured: latencies.length,
    failed,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    seconds,
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const openSession = (url: string): Promise<ClientHttp2Session> =>
  new Promise((resolve, reject) => {
    const session = connect(url)
    session.once('error', reject)
    session.once('connect', () => resolve(session))
  })

function call(session: ClientHttp2Session, frame: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-encoding': 'identity',
      'grpc-timeout': '5S',
      'user-agent': 'grpc-erlang/bench',
    })
    let status = ''
    stream.on('trailers', (trailers) => {
      status = String(trailers['grpc-status'])
    })
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status'])
    })
    stream.on('error', () => resolve(false))
    stream.on('end', () => resolve(status === '0'))
    stream.resume()
    stream.end(frame)
  })
}
