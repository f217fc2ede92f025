import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { hookCalls } from './hook-calls.ts'
import type { CallShape } from './load-plan.ts'

/** A closed loop of node:http2, for what the other load programs do not speak: TLS. */
export interface Http2Load {
  readonly port: number
  readonly secure: boolean
  readonly connections: number
  readonly callsPerConnection: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** Told when the measured part begins and ends. */
  readonly onPhase: (phase: 'begin' | 'end') => void
}

/** Calls answered in the measured part, and those that failed at any time. */
export interface Http2LoadResult {
  readonly measured: number
  readonly failed: number
}

const PREFIX_BYTES = 5

export async function runHttp2Load(load: Http2Load): Promise<Http2LoadResult> {
  const [shape] = hookCalls({ mix: 'publish', version: 'v2', prefix: 'bench-', topicPrefix: 'matched' }) as [
    CallShape,
  ]
  const message = Buffer.from(shape.message, 'base64')
  const frame = Buffer.concat([Buffer.alloc(PREFIX_BYTES), message])
  frame.writeUInt32BE(message.length, 1)
  let phase: 'warm-up' | 'measure' | 'over' = 'warm-up'
  let measured = 0
  let failed = 0

  async function client(session: ClientHttp2Session): Promise<void> {
    while (phase !== 'over') {
      const ok = await call(session, shape.path, frame)
      if (!ok) failed++
      else if (phase === 'measure') measured++
    }
  }

  const url = `${load.secure ? 'https' : 'http'}://127.0.0.1:${load.port}`
  const sessions = await Promise.all(Array.from({ length: load.connections }, () => open(url)))
  const clients = sessions.flatMap((session) =>
    Array.from({ length: load.callsPerConnection }, () => client(session)),
  )
  await sleep(load.warmUpMs)
  phase = 'measure'
  load.onPhase('begin')
  await sleep(load.measureMs)
  load.onPhase('end')
  phase = 'over'
  await Promise.all(clients)
  for (const session of sessions) session.close()
  return { measured, failed }
}

const open = (url: string): Promise<ClientHttp2Session> =>
  new Promise((resolve, reject) => {
    // Whose certificate it is does not matter to a measurement.
    const session = connect(url, { rejectUnauthorized: false })
    session.once('error', reject)
    session.once('connect', () => resolve(session))
  })

/** Whether a call was answered OK. */
function call(session: ClientHttp2Session, path: string, frame: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-timeout': '5S',
    })
    let status = ''
    stream.on('trailers', (trailers) => {
      status = String(trailers['grpc-status'])
    })
    stream.on('error', () => resolve(false))
    stream.on('end', () => resolve(status === '0'))
    stream.resume()
    stream.end(frame)
  })
}
