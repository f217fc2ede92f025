import { onTestFinished } from 'vitest'
import type { GuardRefusal } from '../../src/admin/guard.ts'
import { createHttpServer, type HttpServer, type HttpServerDeps } from '../../src/admin/http-server.ts'
import { readinessOf } from '../../src/admin/readiness.ts'
import type { HttpConfig } from '../../src/config/config.ts'
import { createLogRecorder, type LogLine } from '../support/quiet-log.ts'

export const LOOPBACK: HttpConfig = { host: '127.0.0.1', port: 0, token: null, tokenFile: null }
/** Reached from elsewhere too. */
export const EVERYWHERE: HttpConfig = { ...LOOPBACK, host: '0.0.0.0' }
export const TOKEN = 'correct-horse-battery'

export const READY = readinessOf([
  { name: 'kafka', ok: true, detail: 'connected' },
  { name: 'queue', ok: true, detail: '0 of 100000 records' },
])

/** What pages are made of, where a test does not care. */
export const httpDeps = (): HttpServerDeps => ({
  log: createLogRecorder().log,
  readiness: () => READY,
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'exhook_up 1\n' }),
  status: () => ({ version: '1.2.3' }),
  reload: async () => ({ result: 'unchanged', rules: 3 }),
  onRefused: () => {},
  redact: (text) => text,
})

export interface Served {
  readonly server: HttpServer
  readonly port: number
  readonly base: string
  readonly lines: readonly LogLine[]
  /** Why somebody was not let in, in turn. */
  readonly refusals: readonly GuardRefusal[]
}

/** A server that runs until the test ends. */
export async function serveHttp(
  config: Partial<HttpConfig> = {},
  deps: Partial<HttpServerDeps> = {},
): Promise<Served> {
  const { log, lines } = createLogRecorder()
  const refusals: GuardRefusal[] = []
  const onRefused = (reason: GuardRefusal) => void refusals.push(reason)
  const server = createHttpServer({ ...LOOPBACK, ...config }, { ...httpDeps(), log, onRefused, ...deps })
  onTestFinished(() => server.stop())
  const { port } = await server.start()
  return { server, port, base: `http://127.0.0.1:${port}`, lines, refusals }
}
