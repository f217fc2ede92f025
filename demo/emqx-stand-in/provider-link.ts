import { type Contract, knownHooks } from './contract.ts'
import type { CallEnd, ProviderPool } from './provider-pool.ts'
import { filterMatches } from './topic-filter.ts'

/** A hook that the provider asked for when it was loaded. */
export interface RegisteredHook {
  readonly name: string
  /** Topic filters; empty: all topics. */
  readonly topics: readonly string[]
}

export interface ProviderLinkConfig {
  readonly contract: Contract
  /** Of EMQX. */
  readonly version: string
  /** EMQX's name of itself. */
  readonly node: string
}

/** What EMQX remembers of a provider: the hooks and filters it was told at the last load, until the next. */
export interface ProviderLink {
  /** @throws Error when the call fails, or when the provider names a hook that this EMQX does not know. */
  load(): Promise<void>
  /** Forgets the hooks first, then tells the provider, whether it listens or not. */
  unload(): Promise<void>
  /** Empty while not loaded. */
  readonly hooks: readonly RegisteredHook[]
  /** Whether the provider wants this hook, of a message about this topic. */
  wants(hook: string, topic?: string): boolean
  /** RequestMeta, as it stands in every request. */
  readonly meta: Readonly<Record<string, string>>
}

/** EMQX honours topic filters of these hooks only. */
const FILTERED = new Set(['message.publish', 'message.delivered', 'message.acked', 'message.dropped'])

const SYSDESCR = 'EMQX'

export function createProviderLink(config: ProviderLinkConfig, pool: ProviderPool): ProviderLink {
  const started = Date.now()
  const meta = { node: config.node, version: config.version, sysdescr: SYSDESCR, cluster_name: 'emqxcl' }
  let hooks = new Map<string, RegisteredHook>()

  return {
    meta,

    get hooks() {
      return [...hooks.values()]
    },

    async load() {
      await pool.connect()
      const broker = {
        version: config.version,
        sysdescr: SYSDESCR,
        uptime: Date.now() - started,
        datetime: new Date().toISOString(),
      }
      const end = await pool.call('OnProviderLoaded', config.node, { broker, meta })
      if (end.outcome !== 'succeeded') throw new Error(`loading the provider failed: ${end.error}`)
      const told = hooksOf(end)
      const known = knownHooks(config.version)
      for (const { name } of told) {
        if (!known.has(name))
          throw new Error(`loading the provider failed: unknown hook ${JSON.stringify(name)}`)
      }
      hooks = new Map(told.map((hook) => [hook.name, hook]))
    },

    async unload() {
      hooks = new Map()
      await pool.call('OnProviderUnloaded', config.node, { meta })
    },

    wants(hook, topic) {
      const registered = hooks.get(hook)
      if (registered === undefined) return false
      if (topic === undefined || !FILTERED.has(hook) || registered.topics.length === 0) return true
      return registered.topics.some((filter) => filterMatches(filter, topic))
    },
  }
}

function hooksOf(end: CallEnd): RegisteredHook[] {
  const { hooks } = end.reply as { hooks: { name: string; topics: string[] }[] }
  return hooks.map(({ name, topics }) => ({ name, topics }))
}
