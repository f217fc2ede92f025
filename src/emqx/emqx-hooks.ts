import type { Logger } from 'pino'
import type { EmqxConfig, HookFiltersMode } from '../config/config.ts'
import type { ProviderLoad } from '../exhook/provider-calls.ts'
import { askedInterests } from '../exhook/provider-loaded.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { createEmqxApi } from './emqx-api.ts'
import { createHookKeeper, type HookKeeper, type HookKeeperConfig, troubleText } from './hook-keeper.ts'
import { createHookKnowledge, type EmqxWord } from './hook-knowledge.ts'
import { hookStanding } from './hook-standing.ts'
import { createHookTelling } from './hook-telling.ts'
import type { HooksState } from './hooks-part.ts'
import { createReloader } from './reload.ts'

/**
 * Whether EMQX calls what the rules need: known as far as EMQX tells, said when it changes, and with an API key of EMQX
 * seen to. Nothing waits for any of it.
 */
export interface EmqxHooks {
  readonly state: HooksState
  /** A node has loaded this server in this process, or let go of it. */
  loaded(load: ProviderLoad): void
  unloaded(node: string): void
  /** Another process of ours has asked EMQX. */
  heard(word: EmqxWord): void
  /** Other rules are in force. */
  rulesChanged(): void
  /** Asks EMQX, where there is an API key: hook calls are taken now, or somebody wants to know. Returns at once. */
  look(): void
  /** No question and no re-load begins from now on. Safe twice and without look. */
  stop(): Promise<void>
}

export interface EmqxHooksConfig extends Pick<HookKeeperConfig, 'startMs' | 'jitterMs' | 'pauseMs'> {
  readonly emqx: EmqxConfig
  readonly filters: HookFiltersMode
  /** Whether EMQX is asked by this process; with several, one does. Default: it is. */
  readonly asks?: boolean
}

export interface EmqxHooksDeps {
  /** Of the rules in force. */
  readonly interests: () => RuleSet['interests']
  readonly log: Logger
  /** EMQX was asked, and has answered. */
  readonly onWord?: (word: EmqxWord) => void
}

const BY_HAND = 'disable and enable this server in EMQX'
const UNKNOWN =
  'the rules need other hooks or filters than before, and what EMQX calls is unknown, as it has not loaded this server since the start'

/** EMQX answers a change when it has loaded the server or failed to; other nodes follow. */
const RELOAD_WAIT = { waitMs: 15_000, pollMs: 500 }

export function createEmqxHooks(
  { emqx, filters, asks = true, ...timing }: EmqxHooksConfig,
  deps: EmqxHooksDeps,
): EmqxHooks {
  const { log, interests } = deps
  const ending = new AbortController()
  const knowledge = createHookKnowledge({ interests, filters })
  const keeper = createKeeper()
  const tell = createHookTelling(log, fix)
  const askedNow = () => JSON.stringify([...askedInterests(interests(), filters)])
  let asked = askedNow()
  const hasKey = emqx.apiUrl !== null && emqx.apiKey !== null

  /** What is kept from being done is not promised. */
  function fix(): string {
    if (!asks && hasKey)
      return `another worker has it load this server again; if that does not help, ${BY_HAND}`
    if (keeper === null)
      return `${BY_HAND}, or give this one an API key (emqx.api_url, emqx.api_key, emqx.api_secret)`
    return keeper.trouble === null
      ? `it is had to load this server again; if that does not help, ${BY_HAND}`
      : `${troubleText(keeper.trouble)}; or ${BY_HAND}`
  }

  function createKeeper(): HookKeeper | null {
    const { apiUrl: url, apiKey: key, apiSecret: secret, providerName } = emqx
    if (!asks || url === null || key === null || secret === null) return null
    const api = createEmqxApi({ url, key, secret }, ending.signal)
    const reloader = createReloader(api, RELOAD_WAIT)
    return createHookKeeper({ ...timing, providerName }, { api, reloader, log, onWord })
  }

  function heard(word: EmqxWord): void {
    knowledge.asked(word)
    tell(knowledge.nodes())
  }

  function onWord(word: EmqxWord) {
    heard(word)
    deps.onWord?.(word)
    return hookStanding(word.hooks, word, interests(), filters)
  }

  return {
    get state() {
      return { nodes: knowledge.nodes(), fix: fix(), trouble: keeper?.trouble ?? null }
    },
    loaded(load) {
      knowledge.loaded(load)
      tell(knowledge.nodes())
    },
    unloaded: (node) => knowledge.unloaded(node),
    heard,
    rulesChanged() {
      const before = asked
      asked = askedNow()
      const nodes = knowledge.nodes()
      tell(nodes)
      if (nodes.length === 0 && keeper === null && asks && asked !== before) log.warn({ fix: fix() }, UNKNOWN)
      keeper?.run()
    },
    look: () => keeper?.run(),
    async stop() {
      ending.abort()
      await keeper?.stop()
    },
  }
}
