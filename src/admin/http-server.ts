import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpConfig } from '../config/config.ts'
import { createPages, type PagesDeps } from './pages.ts'
import { createRequestListener } from './request-listener.ts'

/** Where health, readiness and metrics are served, apart from the hook calls. */
export interface HttpServer {
  /**
   * Listens, and resolves to the port that was taken. Returns quickly. Rejects with one clear sentence when the port
   * is in use or may not be taken. Call it once.
   */
  start(): Promise<{ readonly port: number }>
  /** Stops listening, lets running answers end for at most a second. Safe twice and without start. */
  stop(): Promise<void>
}

/** A probe is some hundred bytes; whoever is slower or longer is no probe. */
const MAX_HEADER_BYTES = 8 * 1024
const HEADERS_TIMEOUT_MS = 5000
const REQUEST_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 128
const STOP_GRACE_MS = 1000

export function createHttpServer(config: HttpConfig, deps: PagesDeps): HttpServer {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: HEADERS_TIMEOUT_MS,
    },
    createRequestListener(createPages(deps)),
  )
  server.maxConnections = MAX_CONNECTIONS
  let started: Promise<{ readonly port: number }> | undefined
  let stopped: Promise<void> | undefined

  return {
    start() {
      if (started !== undefined || stopped !== undefined) {
        return Promise.reject(new Error('the HTTP server can be started only once'))
      }
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
