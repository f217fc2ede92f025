import type { Socket } from 'node:net'
import type { Readiness } from '../admin/readiness.ts'
import type { ReloadReport } from '../admin/reload-page.ts'
import type { RoutesDeps } from '../admin/routes.ts'
import type { Config } from '../config/config.ts'
import type { EmqxNews } from '../emqx/emqx-news.ts'
import type { LoadedRules } from '../reload/load-fitted-rules.ts'
import type { Account } from '../telemetry/metrics.ts'

/** What a worker answers for the primary's pages. */
export interface WorkerPages extends Omit<RoutesDeps, 'metrics'> {
  readonly collect: () => Promise<Account>
}

/** The rules in force, as they were read: compiled ones cannot be sent. */
export type SentRules = Pick<LoadedRules, 'configs' | 'digest'>

/** The first message to a worker: all that it is told of the configuration, whatever the files say meanwhile. */
export interface Begin {
  readonly kind: 'begin'
  readonly config: Config
  readonly rules: SentRules
  readonly index: number
  readonly count: number
  /** What others have heard of EMQX before it. */
  readonly news: readonly EmqxNews[]
}

/** What a worker can be asked, and its answer. */
export interface Answers {
  readonly readiness: Readiness
  readonly status: object
  readonly account: Account
  readonly reload: ReloadReport
}
export type Question = keyof Answers

export type ToWorker =
  | Begin
  | { readonly kind: 'ask'; readonly id: number; readonly what: Question }
  /** With the connection itself. */
  | { readonly kind: 'connection' }
  | { readonly kind: 'news'; readonly news: EmqxNews }
  | { readonly kind: 'stop' }

export type FromWorker =
  /** It takes connections. */
  | { readonly kind: 'started' }
  | { readonly kind: 'failed'; readonly error: string }
  /** `value` is null where there is none. */
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** Told every second, so that little of it dies with the worker, and at the end. */
  | { readonly kind: 'account'; readonly account: Account }
  /** A connection that it was given is closed. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'news'; readonly news: EmqxNews }
  | { readonly kind: 'rules'; readonly rules: SentRules }
  /** It has drained, and given up so many records. */
  | { readonly kind: 'stopped'; readonly lost: number }

/** A worker's process, as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Resolves to whether it was sent; never rejects. */
  send(message: ToWorker, connection?: Socket): Promise<boolean>
  onMessage(listener: (message: FromWorker) => void): void
  /** It is gone, or could not be had. Called once. */
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void
  kill(): void
}

/** The primary, as a worker sees it. */
export interface PrimaryLink {
  /** Resolves when it is on its way, or the primary is gone. */
  send(message: FromWorker): Promise<void>
  onMessage(listener: (message: ToWorker, connection?: Socket) => void): void
  /** The primary has ended. */
  onGone(listener: () => void): void
}
