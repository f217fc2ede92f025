import type { Logger } from 'pino'
import { createSleeper } from '../delivery/sleeper.ts'
import { isSince, parseEmqxVersion } from '../exhook/emqx-version.ts'
import { shownText } from '../text/shown.ts'
import { adviceOnError } from './advice.ts'
import { EmqxApiError } from './api-error.ts'
import type { EmqxApi } from './emqx-api.ts'
import type { EmqxWord } from './hook-knowledge.ts'
import type { HookStanding } from './hook-standing.ts'
import type { Reloader, ReloadOutcome } from './reload.ts'

/** What is not well with EMQX and its hooks, and what is to be done about it. */
export interface KeeperTrouble {
  readonly what: string
  readonly fix: string
}

export const troubleText = ({ what, fix }: KeeperTrouble): string => (fix === '' ? what : `${what}: ${fix}`)

/**
 * Keeps EMQX's hooks as the rules need them, by its REST API: compares, and has EMQX load this server again where events would be
 * lost. While that happens EMQX calls nobody for some ms, so it is not done for less traffic alone.
 *
 * **At most one re-load for each `run`** (one that EMQX refuses is none, and is tried again). Before it, it waits for a random while and looks again: the first process of a
 * deployment mends it for all. Where EMQX still differs afterwards (it may have asked a process with older rules), that is said
 * and nothing more is done but to look. So processes with different rules, as in a rolling update, never fight for long.
 */
export interface HookKeeper {
  /** What keeps it from its work; null: nothing does. */
  readonly trouble: KeeperTrouble | null
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
  /** What is wrong with looking, as of the last look. */
  let looking: KeeperTrouble | null = null
  /** Why the re-load did not help, until the hooks are as needed or another one may be tried. */
  let reloading: KeeperTrouble | null = null
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
      const what = `EMQX cannot be asked for its hooks: ${error.message}`
      if (!stopped) looking = told(looking, what, adviceOnError(error, 'serve'))
      return false
    }
  }

  /** null: EMQX has no hooks of ours that could be compared. */
  async function look(): Promise<HookStanding | null> {
    const provider = (await api.list()).find((one) => one.name === name)
    if (provider === undefined) {
      const fix = 'register it: exhook-kafka register, or set emqx.provider_name'
      looking = told(looking, `EMQX has no server ${shownText(name)}`, fix)
      return null
    }
    if (provider.body.enable === false) {
      looking = told(looking, 'this server is disabled in EMQX', 'enable it in EMQX')
      return null
    }
    const { nodes } = provider
    const [hooks, version] = await Promise.all([api.hooks(name), oldestVersion()])
    const standing = deps.onWord({ nodes, hooks, version })
    if (standing.state === 'same') reloading = null
    const away = nodes.filter(({ status }) => status !== 'connected').map(({ node }) => shownText(node))
    if (away.length === 0) looking = null
    else {
      const what = `EMQX has not loaded this server on ${away.join(', ')}`
      looking = told(looking, what, 'EMQX tries again by itself; see its log')
    }
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
    if (reloading === null)
      log.info({ provider: name }, 'having EMQX load this server again, as the rules need other hooks')
    const outcome = await askReload()
    if (outcome === null) return false
    const standing = await look()
    if (standing?.state === 'same') {
      log.info({ provider: name }, 'EMQX has loaded this server again')
      return true
    }
    if (standing?.losesEvents)
      reloading = told(
        reloading,
        'EMQX has loaded this server again and still calls other hooks',
        'perhaps it asked a process with other rules: nothing more is done until the rules change, or SIGHUP',
      )
    log.debug({ outcome }, 'after the re-load')
    return false
  }

  /** null: EMQX did not do it. */
  async function askReload(): Promise<ReloadOutcome['outcome'] | null> {
    try {
      // Its own comparison is not used: the rules may have changed again, and `hooks.filters` counts.
      return (await deps.reloader.reload(name, new Map())).outcome
    } catch (error) {
      if (!(error instanceof EmqxApiError)) throw error
      // Refused before anything was done, and somebody may give the key its right.
      if (error.kind === 'unauthorized' || error.kind === 'forbidden') mayReload = true
      const what = `EMQX was not had to load this server again: ${error.message}`
      if (!stopped) reloading = told(reloading, what, adviceOnError(error, 'serve'))
      return null
    }
  }

  /** Logs a trouble once while it lasts. */
  function told(before: KeeperTrouble | null, what: string, fix: string): KeeperTrouble {
    if (before?.what !== what) log.warn({ provider: name, fix }, what)
    return { what, fix }
  }

  return {
    get trouble() {
      return looking ?? reloading
    },
    run() {
      if (stopped) return
      wanted = mayReload = true
      reloading = null
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
