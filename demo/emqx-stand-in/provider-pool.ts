import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { type Contract, hookProviderClient } from './contract.ts'
import { channelCredentials, channelOptions, type ProviderTls } from './provider-tls.ts'

export interface ProviderPoolConfig {
  /** `http://host:port` or `https://host:port`. */
  readonly provider: string
  /** For `https://`. */
  readonly tls?: ProviderTls
  readonly contract: Contract
  /** Connections. */
  readonly poolSize: number
  readonly requestTimeoutMs: number
}

/** How a call ended, and after how long. */
export interface CallEnd {
  readonly outcome: 'succeeded' | 'failed' | 'timedOut'
  /** The reply's fields by their proto names; only when it succeeded. */
  readonly reply?: Readonly<Record<string, unknown>>
  readonly error?: string
  readonly ms: number
}

/** EMQX's connections to one provider. */
export interface ProviderPool {
  /** Opens every connection, or fails within the request timeout. */
  connect(): Promise<void>
  /** Never rejects. `key` (a client id) decides on the connection, so one client's calls arrive in order. */
  call(rpc: string, key: string, request: object): Promise<CallEnd>
  close(): void
}

/** A connection each, never shared; nothing is tried again. */
const CHANNEL_OPTIONS = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 200,
}

export function createProviderPool(config: ProviderPoolConfig): ProviderPool {
  const Stub = hookProviderClient(config.contract)
  const url = new URL(config.provider)
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${config.provider}: neither http:// nor https://`)
  const address = url.host
  const secrets = channelCredentials(url, config.tls)
  const options = { ...CHANNEL_OPTIONS, ...channelOptions(config.tls) }
  const grpcTimeout = timeoutHeader(config.requestTimeoutMs)
  const open = () => new Stub(address, secrets, options)
  const workers = Array.from({ length: config.poolSize }, open)

  return {
    async connect() {
      const deadline = Date.now() + config.requestTimeoutMs
      const ready = workers.map(
        (stub) =>
          new Promise<void>((resolve, reject) => {
            stub.waitForReady(deadline, (error) => {
              if (error === undefined) resolve()
              else reject(new Error(`no connection to ${address} within ${config.requestTimeoutMs} ms`))
            })
          }),
      )
      await Promise.all(ready)
    },

    call(rpc, key, request) {
      const place = hash(key) % workers.length
      const stub = workers[place] ?? open()
      const metadata = new Metadata()
      metadata.set('grpc-timeout', grpcTimeout)
      const started = performance.now()

      return new Promise((resolve) => {
        const end = (outcome: CallEnd['outcome'], rest: Pick<CallEnd, 'reply' | 'error'>) => {
          clearTimeout(timer)
          resolve({ outcome, ...rest, ms: performance.now() - started })
        }
        const pending = stub[rpc]?.(
          request,
          metadata,
          (error: ServiceError | null, reply?: CallEnd['reply']) => {
            if (error === null) end('succeeded', { reply: reply ?? {} })
            else if (isUnanswered(error))
              return // EMQX does not notice, and waits until its timeout
            else {
              if (isUnconnected(error) && workers[place] === stub) {
                // The next call dials anew, at once, where grpc-js would sit out its back-off.
                workers[place] = open()
                stub.close()
              }
              end('failed', { error: `${error.code} ${error.details}` })
            }
          },
        )
        const timer = setTimeout(() => {
          end('timedOut', { error: `no reply within ${config.requestTimeoutMs} ms` })
          pending?.cancel()
        }, config.requestTimeoutMs)
      })
    },

    close() {
      for (const stub of workers) stub.close()
    },
  }
}

/** `grpc-timeout` as EMQX writes it: above a second cut to whole seconds. */
export function timeoutHeader(timeoutMs: number): string {
  return timeoutMs >= 1_000 ? `${Math.floor(timeoutMs / 1_000)}S` : `${timeoutMs}m`
}

/** The connection broke, or the stream was reset, under a call that was under way. */
function isUnanswered(error: ServiceError): boolean {
  return /Connection dropped|RST_STREAM|ECONNRESET/.test(error.details)
}

function isUnconnected(error: ServiceError): boolean {
  return /No connection established|Channel closed/.test(error.details)
}

/** FNV-1a: spreads client ids over the connections, always the same way. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
