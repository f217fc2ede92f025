import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { type Contract, loadContract, methodOf, serviceName } from '../../src/events/contract.ts'
import type { ContractVersion, RpcName } from '../../src/hooks.ts'

export interface HookClientConfig {
  readonly host?: string
  readonly port: number
  /** HTTP/2 connections; EMQX's pool_size is 8. Default 1. */
  readonly connections?: number
  /** The version of the contract that is spoken unless a call says otherwise. Default v3. */
  readonly version?: ContractVersion
  /** The deadline of each call unless it says otherwise; EMQX's request_timeout. Default 5000. */
  readonly deadlineMs?: number
  /** A loaded contract, to save the time of loading it again. */
  readonly contract?: Contract
  /** Default: plain text. */
  readonly tls?: ClientTls
}

/** How a client talks TLS: whom it trusts, and what it shows. */
export interface ClientTls {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

export interface HookCallOptions {
  readonly version?: ContractVersion
  /** Infinity sends no deadline. */
  readonly deadlineMs?: number
  /** Calls of one key go over one connection, in order, as EMQX's do for a client id. Without it: in turn. */
  readonly key?: string
}

/** What came back. A gRPC error is an answer too: nothing is thrown for it. */
export interface HookAnswer {
  /** gRPC's status code; 0 is OK. */
  readonly status: number
  readonly details: string
  /** The reply's bytes; null for an error. */
  readonly body: Buffer | null
}

/** Calls the provider as EMQX does, one RPC at a time or many. */
export interface HookClient {
  /** `request` is a message under the contract's own field names, or the bytes to send as they are. */
  call(rpc: RpcName, request: object | Buffer, options?: HookCallOptions): Promise<HookAnswer>
  /** A reply's bytes as an object, enums by name. */
  decodeReply(rpc: RpcName, body: Buffer, version?: ContractVersion): Record<string, unknown>
  /** A request's bytes. */
  encode(rpc: RpcName, request: object, version?: ContractVersion): Buffer
  /** Resolves when every connection is up. */
  connected(): Promise<void>
  close(): void
}

const asIs = (bytes: Buffer): Buffer => bytes

export function createHookClient(config: HookClientConfig): HookClient {
  const contract = config.contract ?? loadContract()
  const address = `${config.host ?? '127.0.0.1'}:${config.port}`
  const pool = Array.from({ length: config.connections ?? 1 }, () =>
    connect(address, credentialsOf(config.tls)),
  )
  let turn = 0

  function clientFor(key: string | undefined): Client {
    const index = key === undefined ? turn++ : hash(key)
    return pool[index % pool.length] as Client
  }

  const encode: HookClient['encode'] = (rpc, request, version = config.version ?? 'v3') =>
    methodOf(contract, version, rpc).requestSerialize(request)

  return {
    call(rpc, request, options = {}) {
      const version = options.version ?? config.version ?? 'v3'
      const body = Buffer.isBuffer(request) ? request : encode(rpc, request, version)
      const timeoutMs = options.deadlineMs ?? config.deadlineMs ?? 5000
      const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : Date.now() + timeoutMs
      const path = `/${serviceName(version)}/${rpc}`
      return new Promise((resolve) => {
        const done = (error: ServiceError | null, reply?: Buffer) => resolve(answerOf(error, reply))
        clientFor(options.key).makeUnaryRequest(path, asIs, asIs, body, new Metadata(), { deadline }, done)
      })
    },
    encode,
    decodeReply: (rpc, body, version = config.version ?? 'v3') =>
      methodOf(contract, version, rpc).responseDeserialize(body) as Record<string, unknown>,
    async connected() {
      await Promise.all(pool.map((client) => isReady(client)))
    },
    close() {
      for (const client of pool) client.close()
    },
  }
}

/** A connection of its own: grpc-js would otherwise share one among all clients of an address. */
const connect = (address: string, how: ChannelCredentials): Client =>
  new Client(address, how, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.enable_channelz': 0,
    // A test that restarts its server must not wait for minutes.
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
  })

/** Checks host names, as any gRPC client does by itself. */
export const credentialsOf = (tls?: ClientTls): ChannelCredentials => {
  if (tls === undefined) return credentials.createInsecure()
  const bytes = (pem?: string) => (pem === undefined ? null : Buffer.from(pem))
  return credentials.createSsl(Buffer.from(tls.ca), bytes(tls.key), bytes(tls.cert))
}

const isReady = (client: Client): Promise<void> =>
  new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 5000, (error) => (error ? reject(error) : resolve()))
  })

const answerOf = (error: ServiceError | null, reply: Buffer | undefined): HookAnswer =>
  error === null
    ? { status: status.OK, details: '', body: reply ?? null }
    : { status: error.code, details: error.details, body: null }

/** FNV-1a over the text's code units. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
