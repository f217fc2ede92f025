import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { RefuseConnection } from './connection-refusals.ts'
import {
  type ConnectionLimits,
  GuardedConnection,
  peerOf,
  type SharedByConnections,
} from './guarded-connection.ts'
import { MOST_IDLE_STREAMS } from './request-bounds.ts'

/**
 * What a connection may do. All is far above what is normal: EMQX's client sends a call for each of its MQTT clients at a
 * time, a PING each minute and SETTINGS once, and nothing else.
 */
export const CONNECTION_LIMITS: ConnectionLimits = {
  greetingMs: 10_000,
  idleStreams: 8192,
  firstIdleStreams: 4096,
  idleStreamsInAll: 16_384,
  idleShare: 1024,
  mostIdleStreamsInAll: MOST_IDLE_STREAMS,
  headerBytes: 16 * 1024,
  otherCalls: 200,
  otherCallsPerSecond: 20,
  spareBytes: 512 * 1024,
  spareBytesPerSecond: 64 * 1024,
  bytesPerCall: 4096,
}

/** How often each connection is looked at. */
const LOOK_EVERY_MS = 500
/** As good as none: HTTP/2 has no larger window than twice this. */
const WINDOW_BYTES = 2 ** 30

export interface ConnectionGuardDeps {
  readonly refuse: RefuseConnection
}

/**
 * Bounds what one connection can cost the others. What nghttp2 and node:http2 bound already (streams that are reset,
 * answers to PING and SETTINGS that pile up, CONTINUATION without end, empty frames) is theirs; this is the rest. An idle
 * connection is legitimate for ever: EMQX keeps its own open.
 */
export interface ConnectionGuard {
  /** A connection was accepted: it is cut when nothing comes by it. What is between TCP and HTTP/2 need not know. */
  accepted(socket: Socket): void
  /** Guards every connection of this server from here on. */
  watch(server: Http2Server): void
  /** The account of the connection that this stream is on. */
  of(stream: ServerHttp2Stream): GuardedConnection | undefined
}

const CONNECTION = Symbol('connection')
type Carrier = { [CONNECTION]?: GuardedConnection }

export function createConnectionGuard(limits: ConnectionLimits, deps: ConnectionGuardDeps): ConnectionGuard {
  const connections = new Set<GuardedConnection>()
  /** By which nothing has come yet, and which have no session yet, by their peers. */
  const silent = new Map<string, { readonly socket: Socket; readonly sinceMs: number }>()
  const shared: SharedByConnections = { limits, open: 0, handling: 0, tooManyInAll, cut }
  let timer: NodeJS.Timeout | undefined
  let lookedAtMs = 0

  function cut(
    connection: GuardedConnection,
    reason: Parameters<RefuseConnection>[0],
    detail?: string,
  ): void {
    if (!connection.end()) return
    deps.refuse(reason, connection.peer, detail)
    connection.session.destroy(new Error(`cut: ${reason}`), constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }

  /** Whoever has the most of them goes. */
  function tooManyInAll(): void {
    let worst: GuardedConnection | undefined
    for (const connection of connections) if (connection.idle > (worst?.idle ?? 0)) worst = connection
    if (worst !== undefined) cut(worst, 'streams')
  }

  function look(): void {
    const nowMs = performance.now()
    const seconds = (nowMs - lookedAtMs) / 1000
    lookedAtMs = nowMs
    for (const connection of connections) connection.look(seconds)
    for (const [peer, { socket, sinceMs }] of silent) {
      if (socket.bytesRead > 0 || socket.destroyed) {
        silent.delete(peer)
      } else if (nowMs - sinceMs > limits.greetingMs) {
        silent.delete(peer)
        deps.refuse('no_greeting', peer)
        socket.destroy()
      }
    }
    if (connections.size > 0 || silent.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function keepLooking(): void {
    if (timer !== undefined) return
    lookedAtMs = performance.now()
    timer = setInterval(look, LOOK_EVERY_MS).unref()
  }

  function add(session: ServerHttp2Session): void {
    const connection = new GuardedConnection(session, shared)
    ;(session as Carrier)[CONNECTION] = connection
    connections.add(connection)
    silent.delete(connection.peer)
    keepLooking()
    session.once('remoteSettings', () => {
      connection.greeted()
      openWide(session)
    })
    session.on('stream', (stream, _headers, _flags, raw) => connection.opened(stream, raw))
    session.once('close', () => connections.delete(connection))
  }

  return {
    accepted(socket) {
      silent.set(peerOf(socket), { socket, sinceMs: performance.now() })
      keepLooking()
    },
    watch(server) {
      // A client that keeps to the rules is told before it breaks this one.
      server.updateSettings({ maxHeaderListSize: limits.headerBytes })
      server.on('session', add)
      server.on('sessionError', (error: Error, session: ServerHttp2Session) => {
        const connection = (session as Carrier)[CONNECTION]
        // A peer that has gone, or that says why it goes, was not refused.
        if (connection !== undefined && isRefusal(error)) cut(connection, 'protocol', error.message)
      })
    },
    of: ({ session }) => (session as Carrier | undefined)?.[CONNECTION],
  }
}

/** What nghttp2 and node:http2 do not bear: these are their codes. */
const isRefusal = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'

/**
 * Each stream has a window of 64 KiB, and by default the connection has one of the same size for all of them: one large
 * request fills it again and again, and small ones stand behind it in their sender. What we hold is bounded stream by
 * stream, so the connection's window is opened wide.
 */
function openWide(session: ServerHttp2Session): void {
  if (!session.destroyed) session.setLocalWindowSize(WINDOW_BYTES)
}
