import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { loadContract } from '../../src/events/contract.ts'
import type { ConnectionRefusal } from '../../src/exhook/connection-refusals.ts'
import type { DoorMaker } from '../../src/exhook/door.ts'
import { createGrpcServer, type GrpcServer } from '../../src/exhook/grpc-server.ts'
import { createHookHandler } from '../../src/exhook/hook-handler.ts'
import { createLeanServer } from '../../src/exhook/lean/lean-server.ts'
import type { ProviderLoad } from '../../src/exhook/provider-calls.ts'
import {
  createRequestBudget,
  type RequestBudget,
  type RequestBudgetConfig,
} from '../../src/exhook/request-budget.ts'
import { createTlsDoor } from '../../src/exhook/tls-door.ts'
import type { HookPoint } from '../../src/hooks.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { type Authority, createAuthority, type Issued } from '../support/certificates.ts'
import {
  type ClientTls,
  createHookClient,
  type HookClient,
  type HookClientConfig,
} from '../support/hook-client.ts'
import { createLogRecorder, type LogLine } from '../support/quiet-log.ts'
import { createTestIntake, type TestIntake } from './test-intake.ts'

export const contract = loadContract()

/** How the served server is reached unless a test file says otherwise. */
let transport: 'plain' | 'tls' = 'plain'

let serverKind: ServerKind = 'grpc-js'

/** From here on, `serve` serves by the lean transport. */
export function overLean(): void {
  serverKind = 'lean'
}

/** From here on, `serve` talks TLS, and its clients and `connectHttp2` with it. */
export function overTls(): void {
  transport = 'tls'
}

/** A real server on a free port over a test intake. */
export interface Served {
  readonly server: GrpcServer
  readonly port: number
  /** What a client needs for it; undefined: plain text. */
  readonly tls: ClientTls | undefined
  readonly intake: TestIntake
  readonly ledger: Ledger
  readonly budget: RequestBudget
  readonly lines: readonly LogLine[]
  readonly replies: readonly { readonly hook: HookPoint; readonly seconds: number }[]
  readonly loads: readonly ProviderLoad[]
  /** Connections that were not taken, or were cut. */
  readonly refusedConnections: readonly ConnectionRefusal[]
  /** An HTTP/2 session with it. */
  connectHttp2(options?: SecureClientSessionOptions): ClientHttp2Session
  /** A client of it, closed with it. */
  client(config?: Partial<HookClientConfig>): HookClient
  /** Ends everything at once. */
  end(): void
}

export interface ServedOptions {
  /** The text of a rule file. */
  readonly rules?: string
  readonly maxReceiveBytes?: number
  /** Default: what the test file says, else grpc-js. */
  readonly server?: ServerKind
  readonly maxConnections?: number
  /** What its requests may hold; nearly nothing bounds them by default. */
  readonly budget?: Partial<RequestBudgetConfig>
  /** Another door than that of the transport. Its clients are for the test to make. */
  readonly door?: (log: Logger) => DoorMaker
}

/** What speaks HTTP/2. The same tests hold for both. */
export type ServerKind = 'grpc-js' | 'lean'
const SERVERS = { 'grpc-js': createGrpcServer, lean: createLeanServer } as const

/** A budget that nothing exceeds. */
export const unbounded = (): RequestBudget => budgetOf({})

const budgetOf = (config: Partial<RequestBudgetConfig>): RequestBudget =>
  createRequestBudget(
    { maxBytes: 1024 ** 3, maxLargeBytes: 1024 ** 3, smallBytes: 1024 ** 2, maxWaiting: 100, ...config },
    { held: () => 0 },
  )

/** A rule for every hook that takes every topic. */
export const EVERYTHING = `rules:
  - name: everything
    hook: [client.connect, client.connack, client.connected, client.disconnected, client.authenticate,
           client.authorize, client.subscribe, client.unsubscribe, session.created, session.subscribed,
           session.unsubscribed, session.resumed, session.discarded, session.takenover, session.terminated,
           message.publish, message.delivered, message.dropped, message.acked, message.ingress]
    topic: everything
`

export const SMART_LOCK = `rules:
  - hook: message.publish
    filter: devices/+/state
    topic: message_state
  - hook: message.acked
    filter: devices/+/command
    topic: message_command
`

/** All parts of the hook path but the transport. */
export function createParts(rulesText: string) {
  const rules = parseRules(rulesText, 'rules.yaml')
  const intake = createTestIntake()
  const ledger = createLedger({ queuedRecords: () => 0 })
  const { log, lines } = createLogRecorder()
  const replies: { hook: HookPoint; seconds: number }[] = []
  const loads: ProviderLoad[] = []
  const handler = createHookHandler(
    { replyMarginMs: 500 },
    {
      contract,
      rules: () => rules,
      intake,
      ledger,
      log,
      onReply: (hook, seconds) => void replies.push({ hook, seconds }),
      onLoaded: (load) => void loads.push(load),
    },
  )
  return { handler, intake, ledger, log, lines, replies, loads }
}

export async function serve(options: ServedOptions = {}): Promise<Served> {
  const { handler, intake, ledger, log, lines, replies, loads } = createParts(options.rules ?? SMART_LOCK)
  const config = {
    host: '127.0.0.1',
    port: 0,
    maxReceiveBytes: options.maxReceiveBytes ?? 16 * 1024 * 1024,
    maxConnections: options.maxConnections ?? 1024,
    replyMarginMs: 500,
  }
  const budget = budgetOf(options.budget ?? {})
  const refusedConnections: ConnectionRefusal[] = []
  const onConnectionRefused = (reason: ConnectionRefusal) => void refusedConnections.push(reason)
  const certified = transport === 'tls' && !options.door ? await certificates() : null
  const door = options.door?.(log) ?? (certified && tlsDoor(certified))
  const server = SERVERS[options.server ?? serverKind](config, {
    ...{ handler, budget, log, onConnectionRefused, ...(door && { door }) },
  })
  const { port } = await server.start()
  const tls = certified === null ? undefined : { ca: certified.authority.ca }
  const clients: HookClient[] = []
  return {
    server,
    port,
    tls,
    intake,
    ledger,
    budget,
    lines,
    replies,
    loads,
    refusedConnections,
    connectHttp2: (more = {}) =>
      connect(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, { ...(tls && { ca: tls.ca }), ...more }),
    client(more = {}) {
      const client = createHookClient({ port, contract, ...(tls && { host: 'localhost', tls }), ...more })
      clients.push(client)
      return client
    },
    end() {
      for (const client of clients) client.close()
      server.forceStop()
    },
  }
}

interface Certified {
  readonly authority: Authority
  readonly own: Issued
}

let made: Promise<Certified> | undefined

/** Of a server on localhost; the same for all tests of a file. */
function certificates(): Promise<Certified> {
  made ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-served-'))
    const authority = await createAuthority(folder, 'authority')
    const names = { dns: ['localhost'], ip: ['127.0.0.1'] }
    const own = await authority.issue('server', { ...names, usage: 'server' })
    rmSync(folder, { recursive: true })
    return { authority, own }
  })()
  return made
}

const tlsDoor =
  ({ own }: Certified): DoorMaker =>
  (behind) =>
    createTlsDoor(
      { handshakeTimeoutMs: 5000, minVersion: '1.2', clientNames: null },
      {
        certificates: {
          ...{ cert: own.cert, key: own.key, clientCa: null, serial: own.serial, digest: '' },
          ...{ notBeforeMs: 0, notAfterMs: 0 },
        },
        onHandshake: () => {},
        ...behind,
      },
    )

/** A request of message.publish, as an encoder takes it. */
export const publish = (topic: string, more: object = {}) => ({
  message: {
    node: 'emqx@127.0.0.1',
    id: '0006',
    qos: 1,
    from: 'lock-1',
    topic,
    payload: Buffer.from('{"battery":83.4}'),
    timestamp: 1_574_753_026_269,
    headers: { username: 'ann' },
    ...more,
  },
})
