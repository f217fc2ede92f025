import { fileURLToPath } from 'node:url'
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** A call as the provider got it; the request's fields by their proto names. */
export interface ReceivedCall {
  readonly rpc: string
  // biome-ignore lint/suspicious/noExplicitAny: 22 different requests, looked into by the tests
  readonly request: any
  /** Tells the connections apart. */
  readonly peer: string
  readonly atMs: number
  /** How long the caller says that it waits. */
  readonly deadlineMs: number
}

export interface TinyProviderConfig {
  readonly contract?: 'v2' | 'v3'
  readonly port?: number
  readonly hooks: readonly { readonly name: string; readonly topics?: readonly string[] }[]
  /**
   * The reply to a call, or a promise of it; undefined: an empty one, IGNORE where a value is due;
   * an object with a `code`: that gRPC error.
   */
  readonly reply?: (call: ReceivedCall) => unknown
}

/** A HookProvider on a real gRPC server that does what a test says and remembers what it was asked. */
export async function startTinyProvider(config: TinyProviderConfig) {
  const { contract = 'v2' } = config
  const proto = fileURLToPath(new URL(`../../protos/exhook_${contract}.proto`, import.meta.url))
  const definition = loadSync(proto, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  })
  const path = `emqx.exhook.${contract}.HookProvider`
  const root = loadPackageDefinition(definition) as unknown as {
    emqx: { exhook: Record<'v2' | 'v3', { HookProvider: ServiceClientConstructor }> }
  }
  const { service } = root.emqx.exhook[contract].HookProvider
  const calls: ReceivedCall[] = []

  const server = new Server()
  const methods = Object.keys(definition[path] ?? {}).map((rpc) => {
    const handle = async (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
      const received: ReceivedCall = {
        rpc,
        request: call.request,
        peer: call.getPeer(),
        atMs: Date.now(),
        deadlineMs: Number(call.getDeadline()) - Date.now(),
      }
      calls.push(received)
      const reply = await (config.reply?.(received) ?? defaultReply(rpc))
      if (isError(reply)) callback(reply)
      else callback(null, reply)
    }
    return [rpc, handle]
  })
  server.addService(service, Object.fromEntries(methods))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${config.port ?? 0}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error)
      else resolve(bound)
    })
  })

  function defaultReply(rpc: string): object {
    if (rpc === 'OnProviderLoaded') return { hooks: config.hooks }
    return /Publish|Ingress|Auth/.test(rpc) ? { type: 'IGNORE' } : {}
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    /** What came, without the calls about the provider itself. */
    get rpcs() {
      return calls.map((call) => call.rpc).filter((rpc) => !rpc.startsWith('OnProvider'))
    },
    of: (rpc: string) => calls.filter((call) => call.rpc === rpc),
    /** Breaks every connection at once, as a killed process does. */
    kill: () => server.forceShutdown(),
  }
}

export type TinyProvider = Awaited<ReturnType<typeof startTinyProvider>>

function isError(reply: unknown): reply is { code: number; details: string } {
  return typeof reply === 'object' && reply !== null && 'code' in reply
}
