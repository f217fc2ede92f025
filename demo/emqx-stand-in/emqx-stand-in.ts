/**
 * A small MQTT broker (aedes) that calls a HookProvider as EMQX does, for the demo and the tests.
 *
 * It imitates:
 * - loading: OnProviderLoaded, then the hook names and topic filters of that moment until the next load; an unknown
 *   hook name fails the load; OnProviderUnloaded at reload and stop;
 * - eight connections, a client always on the same one by hash of its id; the request's deadline as EMQX writes it;
 * - one blocking hook call at a time for each MQTT client, in EMQX's order: client.connect, client.authenticate,
 *   session.created or resumed, client.connected, client.connack; client.authorize, client.subscribe,
 *   session.subscribed; client.authorize, message.ingress, message.publish; the session's end by its reason;
 * - the PUBACK (PUBREC) after the hook call was answered, failed or timed out: a publish whose call failed or timed out
 *   goes out and is acknowledged all the same, a rejected one goes to nobody and is acknowledged all the same;
 * - refused connections fail at once and are dialled anew by the next call; a reset stream, a broken connection or a
 *   frozen provider costs the whole request timeout;
 * - `https://` with the section `ssl`: verify with the host name, cacertfile, certfile, keyfile, server_name_indication;
 * - failed_action; IGNORE to client.authenticate refusing the client before 5.9;
 * - wills without headers; the same message id in publish, delivered, acked and dropped; `$SYS` never hooked.
 *
 * It does not imitate:
 * - MQTT 5 (aedes has none): properties, user properties, reason codes in the PUBACK, shared subscriptions;
 * - holding a subscriber up: message.delivered and message.acked are called in turn with the subscriber's other hooks,
 *   but the delivery does not wait for the answer; UNSUBACK does not wait for client.unsubscribe;
 * - message.acked at PUBREC for QoS 2 (it comes at PUBCOMP), the identity of a retained message (it gets a new id),
 *   a second message.publish not being sent for a repeated QoS 2 packet, another qos set by the provider;
 * - session expiry, session.terminated of a stored session, message.dropped for reasons other than no subscribers;
 * - automatic reconnect of a provider that could not be loaded, the re-load of 5.9 after an outage, clusters,
 *   several providers at a time.
 *
 * Off unless asked for (`restApi`): the part of the REST API that is about ExHook. A provider need not be named then.
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Aedes, type Client } from 'aedes'
import { createConnecting } from './connecting.ts'
import { createConnectionTable } from './connection-table.ts'
import type { Contract } from './contract.ts'
import { newCounters, type StandInCounters } from './counters.ts'
import { createDelivering } from './delivering.ts'
import { createHookCaller, type HookCall } from './hook-caller.ts'
import { readBody } from './provider-body.ts'
import { createProviderLink, type RegisteredHook } from './provider-link.ts'
import { createProviderPool } from './provider-pool.ts'
import { createProviderRegistry } from './provider-registry.ts'
import type { ProviderTls } from './provider-tls.ts'
import { createPublishing } from './publishing.ts'
import { createRestApi, type RestApiConfig } from './rest-api.ts'
import { createSubscribing } from './subscribing.ts'

export type { HookCall } from './hook-caller.ts'

export interface EmqxStandInConfig {
  /** Where the provider listens: `http(s)://host:port`. With `restApi` it may be missing; named, it is `default` there. */
  readonly provider?: string
  /** For a `provider` with `https://`, without `restApi`: there the body of a provider says it. */
  readonly tls?: ProviderTls
  /** Serves the REST API too. Default: no. */
  readonly restApi?: RestApiConfig
  /** Default: 0, a free one; always on 127.0.0.1. */
  readonly mqttPort?: number
  /** Default: v2. */
  readonly contract?: Contract
  /** The EMQX version told to the provider. Default: 5.8.9. */
  readonly version?: string
  /** Default: emqx@127.0.0.1. */
  readonly node?: string
  /** Default: 8. */
  readonly poolSize?: number
  /** Default: 5,000. */
  readonly requestTimeoutMs?: number
  /** Default: ignore, as a forwarder is to be registered (EMQX's own default is deny). */
  readonly failedAction?: 'ignore' | 'deny'
}

export interface EmqxStandInDeps {
  /** Told of every hook call when it has ended. */
  readonly onHookCall?: (call: HookCall) => void
}

export interface EmqxStandIn {
  /** Loads the provider, then listens. @throws Error when the provider cannot be loaded; nothing is left behind then. */
  start(): Promise<void>
  /** Where clients connect: `mqtt://127.0.0.1:<port>`. Only once it was started. */
  readonly url: string
  /** Where the REST API listens: `http://127.0.0.1:<port>`. Only once it was started, if it was asked for. */
  readonly restUrl: string
  /** What the provider asked for at the last load. */
  readonly hooks: readonly RegisteredHook[]
  readonly counters: Readonly<StandInCounters>
  /** Unloads and loads the provider, as an update in EMQX's dashboard does. */
  reload(): Promise<void>
  /** Closes the MQTT connections, lets their last hooks end, unloads the provider. Safe twice. */
  stop(): Promise<void>
}

export function createEmqxStandIn(config: EmqxStandInConfig, deps: EmqxStandInDeps = {}): EmqxStandIn {
  const full = {
    mqttPort: 0,
    contract: 'v2',
    version: '5.8.9',
    node: 'emqx@127.0.0.1',
    poolSize: 8,
    requestTimeoutMs: 5_000,
    failedAction: 'ignore',
    provider: '',
    ...config,
  } as const satisfies EmqxStandInConfig

  const counters = newCounters()
  const table = createConnectionTable()
  const registry = config.restApi === undefined ? undefined : createProviderRegistry(full)
  const rest =
    config.restApi &&
    registry &&
    createRestApi(config.restApi, { node: full.node, version: full.version }, registry)
  const pool = registry?.pool ?? createProviderPool(full)
  const link = registry?.link ?? createProviderLink(full, pool)
  const hooks = createHookCaller({ pool, link, counters, ...deps })
  const ownConfig = {
    node: full.node,
    version: full.version,
    get failedAction() {
      return registry?.failedAction ?? full.failedAction
    },
  }
  const parts = { config: ownConfig, hooks, table, counters }
  const connecting = createConnecting(parts)
  const subscribing = createSubscribing(parts)
  const delivering = createDelivering(parts)

  const broker = new Aedes({
    preConnect: connecting.preConnect,
    authenticate: connecting.authenticate,
    authorizeSubscribe: subscribing.authorizeSubscribe,
    authorizePublish: createPublishing(parts).authorizePublish,
    authorizeForward: delivering.authorizeForward,
    maxClientsIdLength: 0xffff,
  })
  broker.on('keepaliveTimeout', connecting.onKeepaliveTimeout)
  broker.on('clientDisconnect', connecting.onDisconnect)
  broker.on('unsubscribe', subscribing.onUnsubscribe)

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  let port = full.mqttPort
  let stopping: Promise<void> | undefined

  async function start(): Promise<void> {
    try {
      if (registry && config.provider !== undefined) await registry.add(defaultProvider(full))
      else await link.load()
      await rest?.start()
      await broker.listen()
      watchReceipts(broker, delivering.onReceipt)
      await listen(server, port)
    } catch (error) {
      await closeBroker()
      await rest?.stop()
      pool.close()
      throw error
    }
    port = (server.address() as AddressInfo).port
  }

  function closeBroker(): Promise<void> {
    return new Promise((resolve) => broker.close(() => resolve()))
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    server.close()
    await rest?.stop()
    const ending = [...table.all()]
    await closeBroker()
    for (const socket of sockets) socket.destroy() // those that were still connecting
    // The hooks of the last disconnects, however many calls may still wait for a dead provider.
    const patience = new AbortController()
    await Promise.race([
      Promise.all(ending.map((connection) => connection.queue.idle())),
      sleep(2 * full.requestTimeoutMs, undefined, { signal: patience.signal }).catch(() => {}),
    ])
    patience.abort()
    await link.unload()
    pool.close()
  }

  return {
    start,
    get url() {
      return `mqtt://127.0.0.1:${port}`
    },
    get restUrl() {
      return rest?.url ?? ''
    },
    get hooks() {
      return link.hooks
    },
    counters,
    async reload() {
      await link.unload()
      await link.load()
    },
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

function defaultProvider(config: {
  readonly provider: string
  readonly poolSize: number
  readonly requestTimeoutMs: number
  readonly failedAction: string
}) {
  const stored = readBody(
    {
      name: 'default',
      url: config.provider,
      pool_size: config.poolSize,
      request_timeout: `${config.requestTimeoutMs}ms`,
      failed_action: config.failedAction,
    },
    new Map(),
  )
  if ('refused' in stored) throw new Error(stored.refused)
  return stored
}

/** aedes does not say which packet a receipt is for when the session is clean; its store is asked about each of them. */
function watchReceipts(
  broker: Aedes,
  onReceipt: (client: Client, receipt: { cmd: string; messageId: number }) => void,
): void {
  const { persistence } = broker as unknown as {
    persistence: {
      outgoingClearMessageId(client: Client, packet: { cmd: string; messageId: number }): Promise<unknown>
    }
  }
  const clear = persistence.outgoingClearMessageId.bind(persistence)
  persistence.outgoingClearMessageId = (client, packet) => {
    onReceipt(client, packet)
    return clear(client, packet)
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
