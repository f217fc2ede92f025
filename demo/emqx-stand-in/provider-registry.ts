import type { StoredProvider } from './provider-body.ts'
import type { ProviderLink } from './provider-link.ts'
import type { ProviderPool } from './provider-pool.ts'
import type { CertificateStore } from './provider-tls.ts'
import {
  createRegisteredProvider,
  type RegisteredProvider,
  type RegisteredProviderConfig,
} from './registered-provider.ts'

/**
 * EMQX's list of providers, which the REST API changes. Each is loaded for real; the hooks of MQTT clients go to the first of
 * the list that is loaded, where EMQX would call one after the other. Changes are made one after the other.
 */
export interface ProviderRegistry {
  list(): readonly RegisteredProvider[]
  find(name: string): RegisteredProvider | undefined
  add(stored: StoredProvider): Promise<void>
  /** Unloads the provider of that name and loads it as it is stored now. */
  replace(stored: StoredProvider): Promise<void>
  remove(name: string): Promise<void>
  /** False when the position is none: `front`, `rear`, `before:<name>`, `after:<name>`. */
  move(name: string, position: string): boolean
  /** What the stored sections `ssl` name. */
  readonly certificates: CertificateStore
  /** In front of whichever provider is called at the moment. */
  readonly link: ProviderLink
  readonly pool: ProviderPool
  readonly failedAction: 'deny' | 'ignore'
}

const NOT_LOADED = { outcome: 'failed', error: 'no provider is loaded', ms: 0 } as const

export function createProviderRegistry(
  node: Omit<RegisteredProviderConfig, 'certificates'>,
): ProviderRegistry {
  const certificates: CertificateStore = new Map()
  const config = { ...node, certificates }
  let providers: readonly RegisteredProvider[] = []
  let last: Promise<unknown> = Promise.resolve()
  const active = () => providers.find(({ status }) => status === 'connected')
  const find = (name: string) => providers.find(({ stored }) => stored.name === name)

  function inTurn(change: () => Promise<void>): Promise<void> {
    const result = last.then(change)
    last = result.catch(() => {})
    return result
  }

  return {
    certificates,
    list: () => providers,
    find,
    add: (stored) =>
      inTurn(async () => {
        const provider = createRegisteredProvider(stored, config)
        providers = [...providers, provider]
        await provider.load()
      }),
    replace: (stored) =>
      inTurn(async () => {
        await find(stored.name)?.unload()
        const provider = createRegisteredProvider(stored, config)
        providers = providers.map((one) => (one.stored.name === stored.name ? provider : one))
        await provider.load()
      }),
    remove: (name) =>
      inTurn(async () => {
        await find(name)?.unload()
        providers = providers.filter(({ stored }) => stored.name !== name)
      }),
    move(name, position) {
      const moved = find(name)
      const others = providers.filter((one) => one !== moved)
      const [, where = '', other] = /^(front|rear|before|after)(?::(.+))?$/.exec(position) ?? []
      const at = others.findIndex(({ stored }) => stored.name === other)
      const relative = where === 'before' || where === 'after'
      if (
        moved === undefined ||
        where === '' ||
        relative !== (other !== undefined) ||
        (relative && at === -1)
      )
        return false
      const index = { front: 0, rear: others.length, before: at, after: at + 1 }[where] ?? 0
      providers = others.toSpliced(index, 0, moved)
      return true
    },
    get failedAction() {
      return active()?.stored.failed_action ?? 'ignore'
    },
    link: {
      load: async () => void (await Promise.all(providers.map((one) => one.load()))),
      unload: async () => void (await Promise.all(providers.map((one) => one.unload()))),
      get hooks() {
        return active()?.hooks ?? []
      },
      wants: (hook, topic) => active()?.link?.wants(hook, topic) ?? false,
      get meta() {
        return active()?.link?.meta ?? {}
      },
    },
    pool: {
      connect: async () => {},
      call: async (rpc, key, request) => (await active()?.pool?.call(rpc, key, request)) ?? NOT_LOADED,
      close: () => {},
    },
  }
}
