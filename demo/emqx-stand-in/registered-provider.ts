import { type Contract, rpcOf } from './contract.ts'
import { millisecondsOf, type StoredProvider } from './provider-body.ts'
import { createProviderLink, type ProviderLink, type RegisteredHook } from './provider-link.ts'
import { createProviderPool, type ProviderPool } from './provider-pool.ts'
import { type CertificateStore, tlsOf } from './provider-tls.ts'

export interface RegisteredProviderConfig {
  readonly contract: Contract
  /** Of EMQX. */
  readonly version: string
  readonly node: string
  /** The PEM texts that the stored sections `ssl` name. */
  readonly certificates: CertificateStore
}

export interface CallCounts {
  readonly succeed: number
  readonly failed: number
}

/** One provider of EMQX's list, loaded over connections of its own. */
export interface RegisteredProvider {
  readonly stored: StoredProvider
  readonly status: 'connected' | 'connecting' | 'disconnected' | 'disabled'
  /** What it asked for; empty while it is not loaded. */
  readonly hooks: readonly RegisteredHook[]
  readonly link: ProviderLink | undefined
  readonly pool: ProviderPool | undefined
  counts(hook: string): CallCounts
  /** Loads it, or sees to it that it is tried again after `auto_reconnect`. Never rejects. */
  load(): Promise<void>
  /** Tells a loaded provider that it is let go, and closes its connections. Never rejects. */
  unload(): Promise<void>
}

export function createRegisteredProvider(
  stored: StoredProvider,
  config: RegisteredProviderConfig,
): RegisteredProvider {
  const counts = new Map<string, { succeed: number; failed: number }>()
  let status: RegisteredProvider['status'] = 'disconnected'
  let open: { readonly pool: ProviderPool; readonly link: ProviderLink } | undefined
  let retry: NodeJS.Timeout | undefined
  /** Tells a load that was overtaken by an unload. */
  let turn = 0

  function connect() {
    const pool = createProviderPool({
      provider: stored.url,
      ...(stored.ssl.enable === true && { tls: tlsOf(stored.ssl, config.certificates) }),
      contract: config.contract,
      poolSize: stored.pool_size,
      requestTimeoutMs: millisecondsOf(stored.request_timeout),
    })
    const counting: ProviderPool = {
      ...pool,
      async call(rpc, key, request) {
        const end = await pool.call(rpc, key, request)
        const count = counts.get(rpc) ?? { succeed: 0, failed: 0 }
        count[end.outcome === 'succeeded' ? 'succeed' : 'failed']++
        counts.set(rpc, count)
        return end
      },
    }
    return { pool, link: createProviderLink(config, counting), counting }
  }

  async function load(): Promise<void> {
    if (!stored.enable) {
      status = 'disabled'
      return
    }
    const mine = ++turn
    let connected: ReturnType<typeof connect> | undefined
    try {
      connected = connect()
      await connected.link.load()
      if (mine !== turn) {
        await connected.link.unload()
        return connected.pool.close()
      }
      open = { pool: connected.counting, link: connected.link }
      status = 'connected'
    } catch {
      connected?.pool.close()
      if (mine !== turn) return
      // An address that it makes nothing of is not tried again.
      const again = connected === undefined ? false : stored.auto_reconnect
      status = again === false ? 'disconnected' : 'connecting'
      if (again !== false) retry = setTimeout(() => void load(), millisecondsOf(again))
    }
  }

  return {
    stored,
    get status() {
      return status
    },
    get hooks() {
      return open?.link.hooks ?? []
    },
    get link() {
      return open?.link
    },
    get pool() {
      return open?.pool
    },
    counts: (hook) => counts.get(rpcOf(hook)) ?? { succeed: 0, failed: 0 },
    load,
    async unload() {
      turn++
      clearTimeout(retry)
      const closing = open
      open = undefined
      status = 'disconnected'
      await closing?.link.unload()
      closing?.pool.close()
    },
  }
}
