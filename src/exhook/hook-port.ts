import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createRareLog } from '../telemetry/rare-log.ts'
import type { CallCounter } from './call-counter.ts'
import type { RefuseConnection } from './connection-refusals.ts'
import { createListener, type MakeListener } from './listener.ts'

/** Both HookProvider services and gRPC's health service on one port. */
export interface GrpcServer {
  /** Listens, and reports SERVING. Rejects with a message for the operator when it cannot. */
  start(): Promise<{ readonly port: number }>
  /**
   * Reports NOT_SERVING, takes no new connection, tells those that are open to go away, and answers what is in flight
   * as well as what still comes in meanwhile. Resolves when all is answered (or nobody is left to answer) and every
   * connection is closed. Safe twice, and without start.
   */
  stop(): Promise<void>
  /** Cuts every connection at once; a stop under way then resolves, whatever is in flight. */
  forceStop(): void
  /** What the health service reports, for '' and for both services. */
  setServing(serving: boolean): void
  /** Hook calls that are not answered yet, those that are still coming in included. */
  readonly inFlight: number
  /** Connections that are open. */
  readonly connections: number
}

export interface HookPortConfig {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly maxConnections: number
}

export interface HookPortDeps {
  readonly log: Logger
  readonly calls: CallCounter
  readonly refuse: RefuseConnection
  /** Where connections come from. Default: the port of the configuration. */
  readonly listener?: MakeListener | undefined
}

/** What speaks HTTP/2 behind a port. */
export interface Transport {
  setServing(serving: boolean): void
  /** Takes a connection. */
  enter(socket: Socket): void
  /** Asks every client to go away; calls that are on their way are still taken. */
  announceEnd(): void
  /** Takes no further call, and closes each connection after its last answer. */
  end(): void
  /** Cuts what it has of connections. */
  cut(): void
}

/** How long clients have to read the notice to go away; calls that they send meanwhile are answered. */
const GOAWAY_NOTICE_MS = 250
/** How long connections may stay open when every hook call is answered: a health watch never ends by itself. */
const CLOSE_GRACE_MS = 1000
/** Faults that could come with every connection are logged at most this often. */
const FAULT_LOG_EVERY_MS = 10_000
const CUT_MESSAGE = 'all hook calls are answered; gRPC connections that stayed open are cut'

/** A port with a transport behind it: how it listens, and how it stops without losing a call. */
export function createHookPort(config: HookPortConfig, deps: HookPortDeps, transport: Transport): GrpcServer {
  const { log, calls, refuse } = deps
  const logFault = createRareLog(log, FAULT_LOG_EVERY_MS)
  const listener = (deps.listener ?? createListener)(config, {
    onConnection: transport.enter,
    onError: (error) =>
      logFault('accept', 'error', {}, `a gRPC connection could not be taken: ${error.message}`),
    onTooMany: (peer) => refuse('too_many', peer),
  })
  let stopping: Promise<void> | null = null

  async function drain(): Promise<void> {
    transport.setServing(false)
    listener.close()
    if (listener.connections > 0) {
      transport.announceEnd()
      await Promise.race([sleep(GOAWAY_NOTICE_MS, undefined, { ref: false }), listener.drained()])
    }
    transport.end()
    await Promise.race([calls.allEnded(), listener.drained()])
    await Promise.race([sleep(CLOSE_GRACE_MS, undefined, { ref: false }), listener.drained()])
    if (listener.connections > 0) log.info({ connections: listener.connections }, CUT_MESSAGE)
    forceStop()
  }

  function forceStop(): void {
    listener.close()
    transport.cut()
    listener.destroy()
  }

  return {
    async start() {
      if (stopping !== null) throw new Error('the gRPC server was stopped and cannot start again')
      const port = await listener.listen(config.host, config.port)
      transport.setServing(true)
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
    setServing: transport.setServing,
    get inFlight() {
      return calls.count
    },
    get connections() {
      return listener.connections
    },
  }
}
