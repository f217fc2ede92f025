import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config/config.ts'
import { bareAnswer } from './answer.ts'
import { boundConnections } from './bounded-connections.ts'
import { createGuard, type GuardRefusal } from './guard.ts'
import { createRequestListener } from './request-listener.ts'
import { createRoutes, type RoutesDeps } from './routes.ts'
import { createSharedTurns } from './shared-turns.ts'

/** Where health, readiness and metrics are served, apart from the hook calls, and with the token what shows more or acts. */
export interface HttpServer {
  /**
   * Listens, and resolves to the port that was taken. Returns quickly. Rejects with one clear sentence when the port
   * is in use or may not be taken. Call it once.
   */
  start(): Promise<{ readonly port: number }>
  /** Stops listening, lets running answers end for at most a second. Safe twice and without start. */
  stop(): Promise<void>
}

export interface HttpServerDeps extends RoutesDeps {
  readonly log: Logger
  /** Somebody was not let in, or presented a wrong token. */
  readonly onRefused: (reason: GuardRefusal) => void
  /** Takes known secrets out of what pages say. */
  readonly redact: (text: string) => string
}

/** A probe is some hundred bytes; whoever is slower or longer is no probe. */
const MAX_HEADER_BYTES = 8 * 1024
const REQUEST_TIMEOUT_MS = 5000
const CHECK_EVERY_MS = 1000
/** Nothing was read or written for so long: a reader that does not read. Longer than any page takes. */
const SILENCE_MS = 15_000
const MAX_CONNECTIONS = 128
const STOP_GRACE_MS = 1000

export function createHttpServer(config: HttpConfig, deps: HttpServerDeps): HttpServer {
  const guard = createGuard(config, deps)
  const routes = createRoutes({ ...deps, metrics: createSharedTurns(deps.metrics) })
  const listener = createRequestListener(routes, { ...deps, guard })
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    // Also when NODE_OPTIONS say otherwise.
    insecureHTTPParser: false,
    // Answered by ourselves, as all is.
    requireHostHeader: false,
  })
  server.timeout = SILENCE_MS
  boundConnections(server, MAX_CONNECTIONS)
  server.on('request', (request, response) => listener(request, response, false))
  server.on('checkContinue', (request, response) => listener(request, response, true))
  answerBadRequests(server)
  let started: Promise<{ readonly port: number }> | undefined
  let stopped: Promise<void> | undefined

  return {
    start() {
      if (started !== undefined || stopped !== undefined) {
        return Promise.reject(new Error('the HTTP server can be started only once'))
      }
      if (guard.closed) deps.log.info({ host: config.host }, CLOSED)
      started = listen(server, config)
      return started
    },
    stop() {
      stopped ??= (started ?? Promise.resolve()).then(
        () => close(server),
        () => undefined,
      )
      return stopped
    },
  }
}

const CLOSED =
  'HTTP: /status, /rules/reload and the details of /readyz are closed: set EXHOOK_HTTP_TOKEN or http.token_file to open them to whom has the token'

const BAD_REQUESTS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What Node.js would answer by itself, with the headers of every answer. Nothing of the request is looked at or logged. */
function answerBadRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answerable = socket.writable && 'bytesWritten' in socket && socket.bytesWritten === 0
    if (error.code === 'ECONNRESET' || !answerable) socket.destroy()
    else socket.end(bareAnswer(BAD_REQUESTS[error.code ?? ''] ?? 400), () => socket.destroy())
  })
  server.on('checkExpectation', (_, response) => {
    response.socket?.end(bareAnswer(417), () => response.socket?.destroy())
  })
  server.on('connect', (_, socket) => socket.end(bareAnswer(405), () => socket.destroy()))
}

function listen(server: Server, { host, port }: HttpConfig): Promise<{ readonly port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      // Accepting can fail later too (no file descriptors left): the next probe tries again.
      server.on('error', () => undefined)
      resolve({ port: (server.address() as AddressInfo).port })
    })
  })
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this host name is not known',
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why = LISTEN_ERRORS[error.code ?? ''] ?? error.message
  return new Error(`cannot serve HTTP on ${host}, port ${port}: ${why}; see http.host and http.port`, {
    cause: error,
  })
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const grace = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
  await closed
  clearTimeout(grace)
}
