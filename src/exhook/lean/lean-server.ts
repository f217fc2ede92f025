import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceName } from '../../events/contract.ts'
import { CONTRACT_VERSIONS } from '../../hooks.ts'
import { createSession, type Session } from '../../http2/session.ts'
import { createRareLog } from '../../telemetry/rare-log.ts'
import { faultOf } from '../../text/fault.ts'
import { createCallCounter } from '../call-counter.ts'
import { CONNECTION_LIMITS } from '../connection-guard.ts'
import { createConnectionRefusals } from '../connection-refusals.ts'
import { CUT_MESSAGE, type GrpcConfig, type GrpcServer, type GrpcServerDeps } from '../grpc-server.ts'
import { pathOf, rowsOf } from '../grpc-services.ts'
import { peerOf } from '../guarded-connection.ts'
import type { HookHandler } from '../hook-handler.ts'
import { createListener } from '../listener.ts'
import { createPlainDoor } from '../plain-door.ts'
import { createRefusedRequests } from '../refused-requests.ts'
import { MAX_UNREAD } from '../request-bounds.ts'
import { createUnbegunRequests } from '../unbegun-requests.ts'
import { createArrivals } from './arrivals.ts'
import { createGrpcApplication } from './grpc-application.ts'
import { createAnswers } from './grpc-responses.ts'
import { createHealth } from './health.ts'
import { createIdleCalls } from './idle-calls.ts'
import type { LeanMethod } from './lean-method.ts'
import { refusedAs } from './refused-as.ts'

/** How long clients have to read the notice to go away; calls that they send meanwhile are answered. */
const GOAWAY_NOTICE_MS = 250
/** How long connections may stay open when every hook call is answered. */
const CLOSE_GRACE_MS = 1000
/** Faults that could come with every connection are logged at most this often. */
const FAULT_LOG_EVERY_MS = 10_000
const REFUSED = { atOnce: 8, maxUnread: MAX_UNREAD, patienceMs: 1000 }

/** The hook port over our own HTTP/2: the same services as `createGrpcServer`, for a fraction of its cost. */
export function createLeanServer(config: GrpcConfig, deps: GrpcServerDeps): GrpcServer {
  const calls = createCallCounter()
  const health = createHealth(['', ...CONTRACT_VERSIONS.map(serviceName)])
  const logFault = createRareLog(deps.log, FAULT_LOG_EVERY_MS)
  const refuse = createConnectionRefusals({ log: deps.log, onRefused: deps.onConnectionRefused })
  const sessions = new Set<Session>()
  const idleCalls = createIdleCalls(CONNECTION_LIMITS)
  const applicationOf = createGrpcApplication(methodsOf(deps.handler, health), {
    ...config,
    budget: deps.budget,
    refused: createRefusedRequests(REFUSED, { waiting: () => deps.budget.waiting }),
    unbegun: createUnbegunRequests(),
    arrived: createArrivals(),
    began: calls.began,
    ended: calls.ended,
    inFlight: calls,
    answerOf: createAnswers(),
  })

  function take(socket: Duplex): void {
    // It is a TCP connection, or TLS over one.
    const peer = peerOf(socket as Socket)
    const session = createSession(socket, {
      application: applicationOf(idleCalls()),
      onRefused: (reason, message) => refuse(refusedAs(reason), peer, message),
      onFault: (error) => {
        logFault('fault', 'error', { fault: faultOf(error) }, 'a gRPC connection failed, and was ended')
      },
    })
    const greeting = cutLater(socket, () => !session.begun)
    sessions.add(session)
    socket.once('close', () => {
      clearTimeout(greeting)
      sessions.delete(session)
    })
  }

  /** Cuts what has not begun in time. */
  function cutLater(socket: Duplex, isDue: () => boolean): NodeJS.Timeout {
    return setTimeout(() => {
      if (!isDue() || socket.destroyed) return
      refuse('no_greeting', peerOf(socket as Socket))
      socket.destroy()
    }, CONNECTION_LIMITS.greetingMs)
  }

  /** By which not a byte comes, gets nowhere. */
  function greet(socket: Socket): void {
    const timer = cutLater(socket, () => socket.bytesRead === 0)
    socket.once('close', () => clearTimeout(timer))
    door.enter(socket)
  }

  const door = (deps.door ?? createPlainDoor)({ inject: take, refuse, isShared: false })
  const listener = (deps.listener ?? createListener)(config, {
    onConnection: greet,
    onError: (error) =>
      logFault('accept', 'error', {}, `a gRPC connection could not be taken: ${error.message}`),
    onTooMany: (peer) => refuse('too_many', peer),
  })
  let stopping: Promise<void> | null = null

  async function drain(): Promise<void> {
    health.setServing(false)
    listener.close()
    if (listener.connections > 0) {
      for (const session of sessions) session.announceEnd()
      await Promise.race([sleep(GOAWAY_NOTICE_MS, undefined, { ref: false }), listener.drained()])
    }
    door.cutWaiting()
    for (const session of sessions) session.end()
    await Promise.race([calls.allEnded(), listener.drained()])
    await Promise.race([sleep(CLOSE_GRACE_MS, undefined, { ref: false }), listener.drained()])
    if (listener.connections > 0) deps.log.info({ connections: listener.connections }, CUT_MESSAGE)
    forceStop()
  }

  function forceStop(): void {
    listener.close()
    listener.destroy()
  }

  return {
    async start() {
      if (stopping !== null) throw new Error('the gRPC server was stopped and cannot start again')
      const port = await listener.listen(config.host, config.port)
      health.setServing(true)
      return { port }
    },
    stop() {
      stopping ??= drain()
      return stopping
    },
    forceStop() {
      stopping ??= Promise.resolve()
      forceStop()
    },
    setServing: health.setServing,
    get inFlight() {
      return calls.count
    },
    get connections() {
      return listener.connections
    },
  }
}

function methodsOf(
  handler: HookHandler,
  health: { readonly path: string; readonly method: LeanMethod },
): ReadonlyMap<string, LeanMethod> {
  const hooks = CONTRACT_VERSIONS.flatMap((version) =>
    rowsOf(version).map((row): [string, LeanMethod] => [
      pathOf(version, row),
      { handle: handler.rpc(row, version), refuse: (reason) => handler.refuse(row, reason) },
    ]),
  )
  return new Map([...hooks, [health.path, health.method]])
}
