import type { Logger } from 'pino'
import { createHttpServer } from '../admin/http-server.ts'
import type { Readiness } from '../admin/readiness.ts'
import type { ReloadReport } from '../admin/reload-page.ts'
import type { AppPorts } from '../app.ts'
import type { Config } from '../config/config.ts'
import { secretValues } from '../config/secret-values.ts'
import type { LedgerSnapshot } from '../telemetry/ledger.ts'
import type { Account } from '../telemetry/metrics.ts'
import { createRareLog } from '../telemetry/rare-log.ts'
import { createRedactor } from '../text/redactor.ts'
import { createKnownNews } from './known-news.ts'
import { createMember, type Member, type MemberDeps } from './member.ts'
import { mergeReadiness } from './merge-readiness.ts'
import { mergeReloads } from './merge-reload.ts'
import type { FromWorker, SentRules, WorkerProcess } from './messages.ts'
import { createPrimaryMetrics } from './primary-metrics.ts'
import { createSpread } from './spread.ts'
import { primaryStatus } from './status.ts'
import { sumOfLedgers } from './sums.ts'

/** The program as several processes: workers that do all of the work, led by this one, which hands out connections. */
export interface Primary {
  /** The sum of what the workers have told last. */
  ledger(): LedgerSnapshot
  /** All workers read the rule file and the certificates. */
  reload(): Promise<ReloadReport>
  /** Returns when hook calls can come in. Rejects when a port cannot be had, or a worker not start. Call it once. */
  start(): Promise<AppPorts>
  /** All workers drain at one time, each within `stop.deadline`. Resolves with the number of lost records. Safe twice. */
  stop(): Promise<number>
  /** Ends the workers at once. */
  kill(): void
}

export interface PrimaryDeps extends Pick<MemberDeps, 'pauseMs'> {
  readonly count: number
  readonly fork: () => WorkerProcess
  /** Those of the file `rules` of the configuration, as they were read. */
  readonly rules: SentRules
  readonly log: Logger
  readonly version: string
}

/** A worker that is well answers within some ms. */
const ASK_MS = 1000
const STATUS_MS = 3000
const RELOAD_MS = 10_000
/** What a worker may take beside `stop.deadline`: a disk that hangs, and its last words. */
const STOP_GRACE_MS = 10_000
const LOG_EVERY_MS = 10_000

export function createPrimary(config: Config, deps: PrimaryDeps): Primary {
  const { log, count } = deps
  const startedAtMs = Date.now()
  const metrics = createPrimaryMetrics()
  const news = createKnownNews()
  const logRarely = createRareLog(log, LOG_EVERY_MS)
  // These two alone: what is compiled cannot be sent.
  let rules: SentRules = { configs: deps.rules.configs, digest: deps.rules.digest }
  let pastLedger: readonly LedgerSnapshot[] = []
  let stopping: Promise<number> | undefined

  const members: readonly Member[] = Array.from({ length: count }, (_, index) =>
    createMember(index, {
      ...deps,
      begin: () => ({ kind: 'begin', config, rules, index, count, news: news.all }),
      onMessage: hear,
      onDied(account) {
        metrics.died(index, account)
        if (account !== null) pastLedger = [sumOfLedgers([...pastLedger, { ...account.ledger, queued: 0 }])]
      },
    }),
  )
  const spread = createSpread({
    takers: () => members.filter(({ up }) => up),
    onError: (error) =>
      logRarely('accept', 'error', {}, `a gRPC connection could not be taken: ${error.message}`),
  })
  const http = createHttpServer(config.http, {
    log,
    readiness,
    metrics: async () =>
      metrics.scrape(
        members,
        (await accounts()).map((account) => account.metrics),
      ),
    status,
    reload,
    onRefused: metrics.httpRefused,
    redact: createRedactor(secretValues(config)),
  })

  function hear(message: FromWorker, from: Member): void {
    if (message.kind === 'rules') rules = message.rules
    else if (message.kind === 'news') {
      news.heard(message.news)
      for (const member of members) if (member !== from) void member.send(message)
    } else if (message.kind === 'started' && from.restarts > 0)
      log.info(
        { worker: from.index, pid: from.pid, restarts: from.restarts },
        'a new worker takes hook calls',
      )
  }

  /** Of this moment; of a worker that does not answer, the last one that it told. */
  async function accounts(): Promise<readonly Account[]> {
    const all = await Promise.all(
      members.map(async (one) => (await one.ask('account', ASK_MS)) ?? one.account),
    )
    return all.filter((account) => account !== null)
  }

  async function readiness(): Promise<Readiness> {
    const all = members.map(async (member) => ({
      index: member.index,
      readiness: member.up ? await member.ask('readiness', ASK_MS) : null,
      why: member.up ? 'does not answer' : `is not there since ${secondsSince(member.sinceMs)} s`,
    }))
    return mergeReadiness(await Promise.all(all))
  }

  async function status(): Promise<object> {
    const workers = members.map(async (member) => ({ member, its: await member.ask('status', STATUS_MS) }))
    const live = (await accounts()).map((account) => account.ledger)
    return primaryStatus({
      version: deps.version,
      startedAtMs,
      readiness: await readiness(),
      ledger: sumOfLedgers([...pastLedger, ...live]),
      left: metrics.left,
      workers: await Promise.all(workers),
    })
  }

  async function reload(): Promise<ReloadReport> {
    return mergeReloads(await Promise.all(members.map((member) => member.ask('reload', RELOAD_MS))))
  }

  /** Downstream first, as each worker does it by itself: the port opens when all of them are ready. */
  async function start(): Promise<AppPorts> {
    try {
      const { port: httpPort } = await http.start()
      await Promise.all(members.map((member) => member.start()))
      const grpcPort = await spread.listen(config.grpc.host, config.grpc.port)
      log.info(
        {
          version: deps.version,
          workers: count,
          grpc: `${config.grpc.host}:${grpcPort}`,
          http: `${config.http.host}:${httpPort}`,
        },
        'ready for hook calls',
      )
      return { grpc: grpcPort, http: httpPort }
    } catch (error) {
      await stop()
      throw error
    }
  }

  async function end(): Promise<number> {
    log.info({ workers: count }, 'stopping: all workers answer their calls in flight and drain their queues')
    spread.close()
    const withinMs = config.stop.deadlineMs + STOP_GRACE_MS
    const losses = await Promise.all(members.map((member) => member.stop(withinMs)))
    const lost = losses.reduce((sum, one) => sum + one, 0)
    await http.stop()
    log.info({ lost }, 'stopped: all workers have ended')
    return lost
  }

  const stop = (): Promise<number> => (stopping ??= end())

  return {
    ledger: () => sumOfLedgers([...pastLedger, ...members.flatMap(({ account }) => account?.ledger ?? [])]),
    reload,
    start,
    stop,
    kill: () => members.forEach((member) => void member.kill()),
  }
}

const secondsSince = (ms: number): number => Math.round((Date.now() - ms) / 1000)
