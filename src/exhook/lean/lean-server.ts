import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { serviceName } from '../../events/contract.ts'
import { CONTRACT_VERSIONS } from '../../hooks.ts'
import { createSession, type Session } from '../../http2/session.ts'
import { createRareLog } from '../../telemetry/rare-log.ts'
import { faultOf } from '../../text/fault.ts'
import { createCallCounter } from '../call-counter.ts'
import { CONNECTION_LIMITS } from '../connection-guard.ts'
import { createConnectionRefusals } from '../connection-refusals.ts'
import type { GrpcConfig, GrpcServer, GrpcServerDeps } from '../grpc-server.ts'
import { pathOf, rowsOf } from '../grpc-services.ts'
import { peerOf } from '../guarded-connection.ts'
import type { HookHandler } from '../hook-handler.ts'
import { createHookPort } from '../hook-port.ts'
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
  return createHookPort(
    config,
    { log: deps.log, calls, refuse, listener: deps.listener },
    {
      setServing: health.setServing,
      enter: greet,
      announceEnd() {
        for (const session of sessions) session.announceEnd()
      },
      end() {
        door.cutWaiting()
        for (const session of sessions) session.end()
      },
      cut() {},
    },
  )
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
