import { Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import type { Logger } from 'pino'
import { serviceName } from '../events/contract.ts'
import { CONTRACT_VERSIONS } from '../hooks.ts'
import { createCallCounter } from './call-counter.ts'
import { CONNECTION_LIMITS, createConnectionGuard } from './connection-guard.ts'
import { type ConnectionRefusal, createConnectionRefusals } from './connection-refusals.ts'
import type { DoorMaker } from './door.ts'
import { GOAWAY_NOTICE } from './goaway-notice.ts'
import { createGrpcRequests, type GrpcRequestsDeps } from './grpc-requests.ts'
import { createByteService, pathOf, rowsOf } from './grpc-services.ts'
import type { HookHandler } from './hook-handler.ts'
import { createHookPort, type GrpcServer } from './hook-port.ts'
import { guardStreams, http2ServersOf } from './http2-servers.ts'
import type { MakeListener } from './listener.ts'
import { createPlainDoor } from './plain-door.ts'
import { createRefusedRequests } from './refused-requests.ts'
import type { Refusal } from './replies.ts'
import { MAX_UNREAD } from './request-bounds.ts'
import type { RequestBudget } from './request-budget.ts'
import type { ReceptionRefusal } from './request-reception.ts'

export type { GrpcServer } from './hook-port.ts'

export interface GrpcConfig {
  /** Address to listen on. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** A larger request is refused with RESOURCE_EXHAUSTED. */
  readonly maxReceiveBytes: number
  /** Further connections are closed at once. */
  readonly maxConnections: number
  /** A request that waits for its turn is refused this long before EMQX's deadline. */
  readonly replyMarginMs: number
}

export interface GrpcServerDeps {
  readonly handler: HookHandler
  /** What the requests may hold. */
  readonly budget: RequestBudget
  readonly log: Logger
  /** A connection was not taken, or was cut. */
  readonly onConnectionRefused?: (reason: ConnectionRefusal) => void
  /** What is between a TCP connection and HTTP/2 on it. Default: nothing but a look at the first byte; plain text. */
  readonly door?: DoorMaker
  /** Where connections come from. Default: the port of the configuration. */
  readonly listener?: MakeListener
}

const REFUSED = { atOnce: 8, maxUnread: MAX_UNREAD, patienceMs: 1000 }

const HEALTH_NAMES = ['', ...CONTRACT_VERSIONS.map(serviceName)]

export function createGrpcServer(config: GrpcConfig, deps: GrpcServerDeps): GrpcServer {
  const calls = createCallCounter()
  const refuse = createConnectionRefusals({ log: deps.log, onRefused: deps.onConnectionRefused })
  const guard = createConnectionGuard(CONNECTION_LIMITS, { refuse })
  const requests = createGrpcRequests(config, {
    connectionOf: guard.of,
    budget: deps.budget,
    refused: createRefusedRequests(REFUSED, { waiting: () => deps.budget.waiting }),
    refusalOf: createRefusals(deps.handler),
    inFlight: calls,
  })
  const server = new Server({ ...SERVER_OPTIONS, interceptors: [requests.interceptor] })
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  for (const http2Server of http2ServersOf(server)) {
    guardStreams(http2Server)
    guard.watch(http2Server)
  }
  const door = (deps.door ?? createPlainDoor)({
    inject: (connection) => injector.injectConnection(connection),
    refuse,
    isShared: true,
  })
  const health = new HealthImplementation(statusMap('NOT_SERVING'))
  health.addToServer(server)
  for (const version of CONTRACT_VERSIONS) {
    const service = createByteService(version, { handler: deps.handler, requests, inFlight: calls })
    server.addService(service.definition, service.implementation)
  }
  return createHookPort(
    config,
    { log: deps.log, calls, refuse, listener: deps.listener },
    {
      setServing(serving) {
        for (const name of HEALTH_NAMES) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING')
      },
      enter(socket) {
        guard.accepted(socket)
        door.enter(socket)
      },
      announceEnd: () => door.writeAll(GOAWAY_NOTICE),
      end() {
        door.cutWaiting()
        // Tells each connection the last call that it will answer, and closes it after that answer.
        server.tryShutdown(() => {})
      },
      cut: () => server.forceShutdown(),
    },
  )
}

/**
 * No limit of streams: EMQX ignores one, and a refused stream costs an MQTT client its whole request_timeout. No
 * connection age and no idle limit: calls would fail at each rotation. Pings are answered however often they come,
 * and replies are never compressed, which EMQX's client does not survive: both are grpc-js's ways already.
 */
const SERVER_OPTIONS = {
  // Nobody reads its statistics, and they cost time in every call.
  'grpc.enable_channelz': 0,
  // Hook calls are read past it: this is for gRPC's health service, whose requests are names.
  'grpc.max_receive_message_length': 4096,
} as const

/** What is said to a call that is refused before its request is there, by the path of its RPC. */
function createRefusals(handler: HookHandler): GrpcRequestsDeps['refusalOf'] {
  const refusals = new Map<string, (reason: ReceptionRefusal) => Refusal>()
  for (const version of CONTRACT_VERSIONS) {
    for (const row of rowsOf(version)) {
      refusals.set(pathOf(version, row), (reason) => handler.refuse(row, reason))
    }
  }
  return (path) => refusals.get(path)
}

const statusMap = (status: 'SERVING' | 'NOT_SERVING') =>
  Object.fromEntries(HEALTH_NAMES.map((name) => [name, status]))
