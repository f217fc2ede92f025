import type { Logger } from 'pino'
import { ConfigError, formatMistake, type Mistake } from '../config/config-error.ts'
import { faultOf } from '../text/fault.ts'
import { counted } from '../text/table.ts'
import { createFileWatch, type FileReading, type FileWatchConfig } from './file-watch.ts'
import type { LoadedRules } from './load-fitted-rules.ts'
import { type RulesChange, rulesChange } from './rules-change.ts'

/** What became of a version of the rule file: it is in force, it was not taken, or its rules were those in force. */
export type ReloadResult = 'ok' | 'mistake' | 'unchanged'

/** What somebody who asked is told. `stopped`: nobody looks at the file any more. */
export type ReloadOutcome =
  | { readonly result: 'ok'; readonly change: RulesChange }
  | { readonly result: 'mistake'; readonly mistakes: readonly Mistake[] }
  | { readonly result: 'unchanged' | 'stopped' }

/** How the rules in force stand to the file. */
export interface RulesStatus {
  readonly rules: number
  /** Since when they are in force, in ms since 1970. */
  readonly loadedAtMs: number
  /** What is wrong with the file as it is now, so that older rules are in force; empty: they are those of the file. */
  readonly mistakes: readonly Mistake[]
  /** How often each came, of versions that differed and of those that were asked for. */
  readonly results: Readonly<Record<ReloadResult, number>>
}

/**
 * The rules in force, which follow their file while the program runs. A version is taken whole or not at all: with any
 * mistake the rules stay as they are, and the mistakes are logged and kept in `status` until the file is right.
 */
export interface RuleReload {
  readonly current: LoadedRules
  readonly status: RulesStatus
  /** Begins to watch the file. Returns at once; call it once. */
  start(): void
  /**
   * Reads the file soon, and says what came of it also when nothing has changed: in the log, and as the outcome, which comes when
   * the contents have settled. Before `start` it waits for that.
   */
  reload(): Promise<ReloadOutcome>
  /** The rules stay as they are from now on. Safe twice and without start. */
  stop(): void
}

export interface RuleReloadDeps {
  readonly initial: LoadedRules
  /** Rejects with a ConfigError with every mistake. `signal` ends it, with whatever. */
  readonly compile: (read: () => Uint8Array, signal: AbortSignal) => Promise<LoadedRules>
  readonly log: Logger
  /** Other rules are in force. */
  readonly onChanged: (now: LoadedRules) => void
  /** Somebody asked by `reload`, and the rules in force are those of the file. */
  readonly onAsked?: () => void
}

/** Somebody who asked, and the number of the wish. */
interface Waiting {
  readonly wish: number
  readonly resolve: (outcome: ReloadOutcome) => void
}

const STOPPED: ReloadOutcome = { result: 'stopped' }

/** A file with a thousand mistakes is no thousand lines, nor are a thousand new rules a line of a thousand names. */
const MAX_LINES = 20

export function createRuleReload(config: Omit<FileWatchConfig, 'digest'>, deps: RuleReloadDeps): RuleReload {
  const { log } = deps
  const file = config.path
  const results = { ok: 0, mistake: 0, unchanged: 0 }
  let current = deps.initial
  let loadedAtMs = Date.now()
  let mistakes: readonly Mistake[] = []
  const ending = new AbortController()
  let waiting: readonly Waiting[] = []
  const watch = createFileWatch({ ...config, digest: current.digest }, { onSettled })

  async function onSettled(reading: FileReading, answered: number): Promise<void> {
    const outcome = await take(reading)
    const told = waiting.filter(({ wish }) => wish <= answered)
    waiting = waiting.filter(({ wish }) => wish > answered)
    if (outcome.result === 'unchanged' && told.length > 0) deps.onAsked?.()
    for (const { resolve } of told) resolve(outcome)
  }

  async function take(reading: FileReading): Promise<ReloadOutcome> {
    const loaded = await compiled(reading)
    if (ending.signal.aborted) return STOPPED
    if (loaded === null) return { result: 'mistake', mistakes }
    mistakes = []
    const change = rulesChange(current.configs, loaded.configs)
    if (change !== null) put(loaded, change)
    else keep(loaded)
    return change === null ? { result: 'unchanged' } : { result: 'ok', change }
  }

  async function compiled(reading: FileReading): Promise<LoadedRules | null> {
    try {
      return reading.digest === current.digest ? current : await deps.compile(reading.read, ending.signal)
    } catch (error) {
      if (!ending.signal.aborted) refuse(error)
      return null
    }
  }

  /** The compiled rules stay, and what they have cached with them. */
  function keep({ digest }: LoadedRules): void {
    current = { ...current, digest }
    results.unchanged++
    log.info({ file, rules: current.rules.rules.length }, 'the rules of the file are those in force')
  }

  function put(loaded: LoadedRules, { added, removed, changed, reordered }: RulesChange): void {
    current = loaded
    loadedAtMs = Date.now()
    results.ok++
    const names = {
      added: shortened(added),
      removed: shortened(removed),
      changed: shortened(changed),
      ...(reordered && { reordered }),
    }
    log.info({ file, rules: loaded.rules.rules.length, ...names }, 'new rules are in force')
    deps.onChanged(loaded)
  }

  function refuse(error: unknown): void {
    mistakes =
      error instanceof ConfigError
        ? error.mistakes
        : [{ file, message: `these rules bring out a fault of ours: ${faultOf(error).error}` }]
    results.mistake++
    for (const mistake of mistakes.slice(0, MAX_LINES)) {
      log.error({ file, line: mistake.line, column: mistake.column }, formatMistake(mistake))
    }
    const more = mistakes.length > MAX_LINES ? `, of which ${MAX_LINES} are told` : ''
    log.error(
      { file, mistakes: mistakes.length, rules: current.rules.rules.length },
      `the rule file has ${counted(mistakes.length, 'mistake')}${more}: the older rules stay in force`,
    )
  }

  return {
    get current() {
      return current
    },
    get status() {
      return { rules: current.rules.rules.length, loadedAtMs, mistakes, results }
    },
    start: () => watch.start(),
    reload() {
      if (ending.signal.aborted) return Promise.resolve(STOPPED)
      return new Promise((resolve) => {
        waiting = [...waiting, { wish: watch.look(), resolve }]
      })
    },
    stop() {
      ending.abort()
      watch.stop()
      for (const { resolve } of waiting) resolve(STOPPED)
      waiting = []
    },
  }
}

const shortened = (names: readonly string[]): readonly string[] =>
  names.length <= MAX_LINES ? names : [...names.slice(0, MAX_LINES), `and ${names.length - MAX_LINES} more`]
