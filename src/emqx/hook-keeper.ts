import type { Logger } from 'pino'
import { createSleeper } from '../delivery/sleeper.ts'
import { isSince, parseEmqxVersion } from '../exhook/emqx-version.ts'
import { shownText } from '../text/shown.ts'
import { adviceOnError } from './advice.ts'
import { EmqxApiError } from './api-error.ts'
import type { EmqxApi } from './emqx-api.ts'
import type { EmqxWord } from './hook-knowledge.ts'
import type { HookStanding } from './hook-standing.ts'
import type { Reloader } from './reload.ts'

/**
 * Keeps EMQX's hooks as the rules need them, by its REST API: compares, and has EMQX load this server again where events would be
 * lost. While that happens EMQX calls nobody for some ms, so it is not done for less traffic alone.
 *
 * **At most one re-load for each `run`.** Before it, it waits for a random while and looks again: the first process of a
 * deployment mends it for all. Where EMQX still differs afterwards (it may have asked a process with older rules), that is said
 * and nothing more is done but to look. So processes with different rules, as in a rolling update, never fight for long.
 */
export interface HookKeeper {
  /** What is not well with asking EMQX; '' when all is. */
  readonly note: string
  /** Other rules are in force, or this process has begun to serve. Returns at once. */
  run(): void
  /** Nothing is begun from now on, and a question under way ends. Safe twice and without run. */
  stop(): Promise<void>
}

export interface HookKeeperConfig {
  readonly providerName: string
  /** Before the first look, in ms: so long a new process takes to be found. Default: 5,000. */
  readonly startMs?: number
  /** The random wait before a re-load, in ms. Default: 0 – 5,000. */
  readonly jitterMs?: () => number
  /** The pause after so many looks in a row that found something wrong, in ms. Default: 5 s, 10 s, 20 s … 60 s. */
  readonly pauseMs?: (looks: number) => number
}

export interface HookKeeperDeps {
  readonly api: Pick<EmqxApi, 'list' | 'hooks' | 'nodes'>
  readonly reloader: Reloader
  readonly log: Logger
  /** EMQX has said what it calls; how that stands to the rules. */
  readonly onWord: (word: EmqxWord) => HookStanding
}

const MAX_JITTER_MS = 5000
const defaultPauseMs = (looks: number): number => Math.min(5000 * 2 ** (looks - 1), 60_000)

export function createHookKeeper(config: HookKeeperConfig, deps: HookKeeperDeps): HookKeeper {
  const { api, log } = deps
  const { providerName: name, startMs = 5000, pauseMs = defaultPauseMs } = config
  const jitterMs = config.jitterMs ?? (() => Math.random() * MAX_JITTER_MS)
  const sleeper = createSleeper()
  let begun = false
  let wanted = false
  /** The one re-load of this run is still to be had. */
  let mayReload = false
  let stopped = false
  let note = ''
  let looping: Promise<void> | null = null

  async function loop(): Promise<void> {
    try {
      if (!begun) await sleeper.sleep(startMs)
      begun = true
      for (let looks = 1; !stopped; looks++) {
        if (wanted) looks = 1
        wanted = false
        const well = await attempt()
        if (stopped || (well && !wanted)) return
        if (!wanted) await sleeper.sleep(pauseMs(looks))
      }
    } finally {
      looping = null
    }
  }

  /** Whether there is nothing left to look after. */
  async function attempt(): Promise<boolean> {
    try {
      const standing = await look()
      if (standing === null) return false
      if (standing.state === 'same') return true
      if (!standing.losesEvents || !mayReload) return false
      await sleeper.sleep(jitterMs())
      if (stopped || wanted) return false
      // Another process may have done it meanwhile, or be at it.
      const now = await look()
      return now?.state === 'differs' && now.losesEvents && !stopped ? await reload() : now?.state === 'same'
    } catch (error) {
      if (!(error instanceof EmqxApiError)) throw error
      if (!stopped) tell(`EMQX cannot be asked for its hooks: ${error.message}`, adviceOnError(error))
      return false
    }
  }

  /** null: EMQX has no hooks of ours that could be compared. */
  async function look(): Promise<HookStanding | null> {
    const provider = (await api.list()).find((one) => one.name === name)
    if (provider === undefined) {
      tell(
        `EMQX has no server ${shownText(name)}`,
        'register it: exhook-kafka register, or set emqx.provider_name',
      )
      return null
    }
    if (provider.body.enable === false) {
      tell('this server is disabled in EMQX', 'enable it in EMQX')
      return null
    }
    const { nodes } = provider
    const [hooks, version] = await Promise.all([api.hooks(name), oldestVersion()])
    const standing = deps.onWord({ nodes, hooks, version })
    const away = nodes.filter(({ status }) => status !== 'connected').map(({ node }) => shownText(node))
    if (away.length === 0) note = ''
    else
      tell(`EMQX has not loaded this server on ${away.join(', ')}`, 'EMQX tries again by itself; see its log')
    return away.length < nodes.length ? standing : null
  }

  /** The least that every node knows; '' where the key may not ask. */
  async function oldestVersion(): Promise<string> {
    const versions = (await api.nodes().catch(() => [])).map((one) => one.version)
    const readable = versions.filter((version) => parseEmqxVersion(version) !== null)
    return readable.reduce((oldest, version) => {
      const parsed = parseEmqxVersion(oldest)
      return parsed !== null && isSince(parsed, version) ? version : oldest
    }, readable[0] ?? '')
  }

  async function reload(): Promise<boolean> {
    mayReload = false
    log.info({ provider: name }, 'having EMQX load this server again, as the rules need other hooks')
    // Its own comparison is not used: the rules may have changed again, and `hooks.filters` counts.
    const { outcome } = await deps.reloader.reload(name, new Map())
    const standing = await look()
    if (standing?.state === 'same') {
      log.info({ provider: name }, 'EMQX has loaded this server again')
      return true
    }
    if (standing?.losesEvents)
      tell(
        'EMQX has loaded this server again and still calls other hooks',
        'perhaps it asked a process with other rules: nothing more is done until the rules change, or SIGHUP',
      )
    log.debug({ outcome }, 'after the re-load')
    return false
  }

  /** Once while it lasts. */
  function tell(what: string, fix: string): void {
    if (note !== what) log.warn({ provider: name, fix }, what)
    note = what
  }

  return {
    get note() {
      return note
    },
    run() {
      if (stopped) return
      wanted = mayReload = true
      if (begun) sleeper.wake()
      looping ??= loop()
    },
    async stop() {
      stopped = true
      sleeper.wake()
      await looping
    },
  }
}
