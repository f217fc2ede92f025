import type { Logger } from 'pino'
import type { Account } from '../telemetry/metrics.ts'
import type { Answers, Begin, FromWorker, Question, WorkerProcess } from './messages.ts'
import type { Taker } from './spread.ts'

/** One worker as the primary keeps it: its process, and the next one when that has died. */
export interface Member extends Taker {
  readonly index: number
  readonly pid: number | undefined
  /** It takes connections. */
  readonly up: boolean
  readonly restarts: number
  /** Since when it is up, or down, in ms since 1970. */
  readonly sinceMs: number
  /** What it has told of itself last; null: nothing, or it has died since. */
  readonly account: Account | null
  /** Resolves when it takes connections; rejects when its first process ends before that. Call it once. */
  start(): Promise<void>
  /** null: no answer in time. */
  ask<Q extends Question>(what: Q, withinMs: number): Promise<Answers[Q] | null>
  send: WorkerProcess['send']
  /** Has it drain and end. Resolves, when it has ended, with the number of lost records; cut after `withinMs`. */
  stop(withinMs: number): Promise<number>
  /** Ends it at once. */
  kill(): void
}

export interface MemberDeps {
  readonly fork: () => WorkerProcess
  /** What a new process is told first. */
  readonly begin: (index: number) => Begin
  readonly log: Logger
  /** What it says beside answers. */
  readonly onMessage: (message: FromWorker, member: Member) => void
  /** It has died by itself, with this as its last account. */
  readonly onDied: (account: Account | null, member: Member) => void
  /** The pause before the next process, after so many that lived for less than a minute, in ms. */
  readonly pauseMs?: (quickDeaths: number) => number
}

const LONGEST_PAUSE_MS = 30_000
/** Whoever lived so long has not died of its start. */
const QUICK_MS = 60_000

/** The first one at once: EMQX's calls come back within its timeout. */
const defaultPauseMs = (quickDeaths: number): number =>
  quickDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (quickDeaths - 2), LONGEST_PAUSE_MS)

export function createMember(index: number, deps: MemberDeps): Member {
  const { log, pauseMs = defaultPauseMs } = deps
  const waiting = new Map<number, (value: unknown) => void>()
  const { promise: firstStart, resolve: onFirstUp, reject: onFirstFailed } = Promise.withResolvers<void>()
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>()
  let current: WorkerProcess | null = null
  let connections = 0
  let up = false
  let everUp = false
  let stopping = false
  let restarts = 0
  let quickDeaths = 0
  let sinceMs = Date.now()
  let account: Account | null = null
  let lost = 0
  let asked = 0
  let reason = ''
  let timer: NodeJS.Timeout | undefined

  function begin(): void {
    const its = deps.fork()
    const begunAtMs = performance.now()
    current = its
    reason = ''
    its.onMessage((message) => hear(message))
    its.onExit((code, signal) => onExit(code, signal, performance.now() - begunAtMs))
    void its.send(deps.begin(index))
  }

  function hear(message: FromWorker): void {
    if (message.kind === 'answer') {
      waiting.get(message.id)?.(message.value)
    } else if (message.kind === 'account') account = message.account
    else if (message.kind === 'closed') connections--
    else if (message.kind === 'stopped') lost = message.lost
    else if (message.kind === 'failed') reason = message.error
    else {
      if (message.kind === 'started') onUp()
      deps.onMessage(message, member)
    }
  }

  function onUp(): void {
    up = everUp = true
    sinceMs = Date.now()
    onFirstUp()
  }

  function onExit(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    const pid = current?.pid
    const last = account
    current = null
    up = false
    sinceMs = Date.now()
    connections = 0
    for (const resolve of waiting.values()) resolve(null)
    const how = reason || (signal === null ? `exit code ${code}` : `ended by ${signal}`)
    if (stopping) onEnded()
    else if (!everUp) onFirstFailed(new Error(reason || `worker ${index} ended before it was ready: ${how}`))
    else {
      account = null
      quickDeaths = livedMs < QUICK_MS ? quickDeaths + 1 : 1
      const pause = pauseMs(quickDeaths)
      const queued = last?.ledger.queued ?? 0
      log.error({ worker: index, pid, how, queued, restartInMs: pause }, DIED)
      deps.onDied(last, member)
      timer = setTimeout(again, pause)
    }
  }

  function again(): void {
    restarts++
    begin()
  }

  const member: Member = {
    index,
    get pid() {
      return current?.pid
    },
    get connections() {
      return connections
    },
    get up() {
      return up
    },
    get restarts() {
      return restarts
    },
    get sinceMs() {
      return sinceMs
    },
    get account() {
      return account
    },
    start() {
      begin()
      return firstStart
    },
    async take(socket) {
      connections++
      return (await current?.send({ kind: 'connection' }, socket)) ?? false
    },
    ask(what, withinMs) {
      const its = current
      if (its === null) return Promise.resolve(null)
      const id = ++asked
      return new Promise((resolve) => {
        const late = setTimeout(() => settle(null), withinMs)
        function settle(value: unknown): void {
          clearTimeout(late)
          waiting.delete(id)
          // What was shown once is never taken back.
          if (what === 'account' && value !== null && its === current) account = value as Account
          resolve(value as Answers[typeof what] | null)
        }
        waiting.set(id, settle)
        void its.send({ kind: 'ask', id, what })
      })
    },
    send: (message) => current?.send(message) ?? Promise.resolve(false),
    async stop(withinMs) {
      stopping = true
      clearTimeout(timer)
      if (current === null) return 0
      void current.send({ kind: 'stop' })
      const late = setTimeout(() => {
        log.error({ worker: index, pid: current?.pid }, 'a worker does not end: it is killed')
        current?.kill()
      }, withinMs)
      await ended
      clearTimeout(late)
      return lost
    },
    kill() {
      stopping = true
      clearTimeout(timer)
      current?.kill()
    },
  }
  return member
}

const DIED =
  'a worker has died: another one takes its place; what it had queued in memory alone is lost, what is on disk is taken up'
