import type { ClientHttp2Session } from 'node:http2'
import { call, createFrames, openSession } from './hook-call.ts'
import { percentile } from './statistics.ts'

/**
 * A closed loop as EMQX makes it: so many HTTP/2 connections, so many MQTT clients with one call in flight each, a
 * client always on the same connection.
 */
export interface LoadConfig {
  readonly port: number
  /** Over TLS. Default: in plain text. */
  readonly secure?: boolean
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

export async function runLoad(config: LoadConfig): Promise<LoadResult> {
  const latencies: number[] = []
  let phase: 'warm-up' | 'measure' | 'over' = 'warm-up'
  let answered = 0
  let failed = 0

  async function client(session: ClientHttp2Session, name: string): Promise<void> {
    const frameOf = createFrames(name, `${config.topicPrefix}/${name}/state`)
    for (let sequence = 0; phase !== 'over'; sequence++) {
      const frame = frameOf(sequence)
      const start = performance.now()
      const ok = await call(session, frame)
      if (phase === 'measure') latencies.push(performance.now() - start)
      if (ok) answered++
      else failed++
    }
  }

  const sessions = await Promise.all(
    Array.from({ length: config.connections }, () =>
      openSession(`${config.secure ? 'https' : 'http'}://127.0.0.1:${config.port}`),
    ),
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
