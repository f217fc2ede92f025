import { loadContract } from '../../src/events/contract.ts'
import type { ConnectionRefusal } from '../../src/exhook/connection-refusals.ts'
import { createGrpcServer, type GrpcServer } from '../../src/exhook/grpc-server.ts'
import { createHookHandler } from '../../src/exhook/hook-handler.ts'
import { createLeanServer } from '../../src/exhook/lean/lean-server.ts'
import type { ProviderLoad } from '../../src/exhook/provider-calls.ts'
import {
  createRequestBudget,
  type RequestBudget,
  type RequestBudgetConfig,
} from '../../src/exhook/request-budget.ts'
import type { HookPoint } from '../../src/hooks.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { createLedger, type Ledger } from '../../src/telemetry/ledger.ts'
import { createHookClient, type HookClient, type HookClientConfig } from '../support/hook-client.ts'
import { createLogRecorder, type LogLine } from '../support/quiet-log.ts'
import { createTestIntake, type TestIntake } from './test-intake.ts'

export const contract = loadContract()

/** A real server on a free port over a test intake. */
export interface Served {
  readonly server: GrpcServer
  readonly port: number
  readonly intake: TestIntake
  readonly ledger: Ledger
  readonly budget: RequestBudget
  readonly lines: readonly LogLine[]
  readonly replies: readonly { readonly hook: HookPoint; readonly seconds: number }[]
  readonly loads: readonly ProviderLoad[]
  /** Connections that were not taken, or were cut. */
  readonly refusedConnections: readonly ConnectionRefusal[]
  /** A client of it, closed with it. */
  client(config?: Partial<HookClientConfig>): HookClient
  /** Ends everything at once. */
  end(): void
}

export interface ServedOptions {
  /** The text of a rule file. */
  readonly rules?: string
  readonly maxReceiveBytes?: number
  /** Default: grpc-js. */
  readonly transport?: Transport
  readonly maxConnections?: number
  /** What its requests may hold; nearly nothing bounds them by default. */
  readonly budget?: Partial<RequestBudgetConfig>
}

/** What speaks HTTP/2. The same tests hold for both, but for what they say of themselves. */
export type Transport = 'grpc-js' | 'lean'
const TRANSPORTS = { 'grpc-js': createGrpcServer, lean: createLeanServer } as const

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
  const server = TRANSPORTS[options.transport ?? 'grpc-js'](config, {
    handler,
    budget,
    log,
    onConnectionRefused,
  })
  const { port } = await server.start()
  const clients: HookClient[] = []
  return {
    server,
    port,
    intake,
    ledger,
    budget,
    lines,
    replies,
    loads,
    refusedConnections,
    client(more = {}) {
      const client = createHookClient({ port, contract, ...more })
      clients.push(client)
      return client
    },
    end() {
      for (const client of clients) client.close()
      server.forceStop()
    },
  }
}

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
