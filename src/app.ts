import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createHttpServer, type HttpServer } from './admin/http-server.ts'
import type { RoutesDeps } from './admin/routes.ts'
import type { Config, DeadLettersConfig } from './config/config.ts'
import { secretValues } from './config/secret-values.ts'
import { createDeadLetterFile, type DeadLetterFile } from './delivery/dead-letter-file.ts'
import { createDeadLetters } from './delivery/dead-letters.ts'
import { createDelivery, type Delivery } from './delivery/delivery.ts'
import { createKeepOpen } from './disk/keep-open.ts'
import { openDiskLog } from './disk/open-disk-log.ts'
import type { Share } from './disk/worker-logs.ts'
import { createEmqxHooks } from './emqx/emqx-hooks.ts'
import { type EmqxNews, takeNews } from './emqx/emqx-news.ts'
import { loadContract } from './events/contract.ts'
import { chooseDoor } from './exhook/choose-door.ts'
import { createGrpcServer } from './exhook/grpc-server.ts'
import { createHookHandler } from './exhook/hook-handler.ts'
import { createLeanServer } from './exhook/lean/lean-server.ts'
import type { MakeListener } from './exhook/listener.ts'
import { largestRssBytes, requestBudgetFor } from './exhook/request-bounds.ts'
import { createRequestBudget } from './exhook/request-budget.ts'
import { kafkaClientConfig, whoWeAre } from './kafka/client-config.ts'
import { createKafkaDriver } from './kafka/create-driver.ts'
import { createKafkaJsTopicInspector } from './kafka/kafkajs-topic-inspector.ts'
import { createPreflight, type Preflight } from './preflight/preflight.ts'
import { topicNeeds } from './preflight/topic-needs.ts'
import { type BoundedQueue, createBoundedQueue } from './queue/bounded-queue.ts'
import { type ReadinessDeps, readinessNow } from './readiness.ts'
import { compileFittedRulesAside, type LoadedRules } from './reload/load-fitted-rules.ts'
import { reloadReport } from './reload/reload-report.ts'
import { createRuleReload, type ReloadOutcome, type RuleReload } from './reload/rule-reload.ts'
import { policyWarnings } from './rules/policy.ts'
import type { RuleSet } from './rules/rule-set.ts'
import { createTopicLimit } from './rules/topic-limit.ts'
import { statusNow } from './status.ts'
import { createLedger, type LedgerSnapshot } from './telemetry/ledger.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createRuleCounts } from './telemetry/rule-counts.ts'
import { createRuleWatch } from './telemetry/rule-watch.ts'
import { createRedactor } from './text/redactor.ts'
import type { Certificates } from './tls/certificates.ts'
import type { WorkerPages } from './workers/messages.ts'

/** The ports that were taken. */
export interface AppPorts {
  readonly grpc: number
  readonly http: number
}

/** The whole program, but for the process around it. */
export interface App {
  readonly queue: BoundedQueue
  ledger(): LedgerSnapshot
  /** Reads the rule file and the certificates soon, changed or not, and tells what came of it. */
  reload(): Promise<ReloadOutcome>
  /** Another process that serves the same port has heard this of EMQX. */
  hear(news: EmqxNews): void
  /** Returns when hook calls can come in; Kafka need not be there. Rejects when a port cannot be had. Call it once. */
  start(): Promise<AppPorts>
  /**
   * Ends it in order, within `stop.deadline`: calls are answered, the queue is drained to Kafka, and what is left stays
   * on disk, or is counted as dropped. Resolves with the number of dropped records. Safe twice and without start.
   */
  stop(): Promise<number>
}

export interface AppDeps {
  /** Those of the file `rules` of the configuration, which is watched from the start on. */
  readonly rules: LoadedRules
  readonly log: Logger
  readonly version: string
  /** Gives the text of a file as UTF-8, or throws: certificates that are renewed are read anew. */
  readonly readFile: (path: string) => string
  /** Of the hook port; they follow their files. Default: none, plain text. */
  readonly certificates?: Certificates | null
  /** It is one worker of several. Default: it is alone. */
  readonly part?: AppPart
}

/** What a worker does not do by itself. */
export interface AppPart extends Share {
  readonly listener: MakeListener
  /** In the place of HTTP. */
  readonly serve: (pages: WorkerPages) => HttpServer
  /** For the other workers. */
  readonly tell: (news: EmqxNews) => void
  /** Other rules are in force. */
  readonly onRules: (rules: LoadedRules) => void
}

/** A lane is let go when nothing came for so long, or up to twice that. */
const IDLE_LANE_MS = 300_000

const DISK_STOPS = 'the disk takes nothing more: records are in memory only until it does'

/** How long the last records may take to the disk. */
const FLUSH_MS = 5000

/** How long connections may take to close when all the work is done. */
const CLOSE_GRACE_MS = 1000

/** So long before the deadline of a stop, no call waits any more: each is answered, none is cut. */
const ANSWER_MS = 500

export function createApp(config: Config, deps: AppDeps): App {
  const { log, part } = deps
  const contract = loadContract()
  const startedAtMs = Date.now()
  let draining = false
  let started = false

  // Built along the walk of an event, from its end: each part knows only what lies further down.
  const clientConfig = kafkaClientConfig(config.kafka, deps)
  const driver = createKafkaDriver(config.kafka.driver, clientConfig, {
    log,
    onRenewal: () => metrics.producerRenewed(),
  })
  const deadLetterTopic = config.deadLetters.topic === 'off' ? null : config.deadLetters.topic
  const deadLetterFile = openDeadLetterFile(config.deadLetters, part, log)
  const deadLetters = createDeadLetters({
    log,
    topic: deadLetterTopic,
    file: deadLetterFile,
    toTopic: (lane, record, letter) => queue.toDeadLetters(lane, record, letter),
    onFiled: () => ledger.recordsDeadLettered(1, 'file'),
  })
  const delivery: Delivery = createDelivery(
    { ...config.kafka, deadLetterTopic, whoWeAre: whoWeAre(config.kafka) },
    {
      driver,
      log,
      onFailure: (failure) => metrics.kafkaFailed(failure),
      onSent: (seconds) => metrics.sent(seconds),
      giveUp: deadLetters.giveUp,
      onUp: () => preflight.run(),
      onRecovered: () => preflight.nudge(),
    },
  )
  const preflight: Preflight = createPreflight(
    { ...config.kafka.topics, compression: config.kafka.compression },
    {
      inspector: createKafkaJsTopicInspector(clientConfig, log),
      log,
      needs: () => topicNeeds(rules.current.rules.rules, { deadLetterTopic, ...config.emqx }),
      onReady: (topic) => delivery.wake(topic),
    },
  )
  const ledger = createLedger({ queuedRecords: () => queue.records })
  const disk = openDiskLog(config.queue.disk, part ?? ALONE, {
    log,
    onStored: (seq) => queue.stored(seq),
    onState: ({ name, detail }) => {
      if (name === 'full' || name === 'failing') log.error({ state: name, error: detail }, DISK_STOPS)
      else if (name === 'ok') log.info('the disk takes the queue')
      queue.diskChanged()
    },
    onUnreadable: (topic, records, bytes) => {
      log.error({ topic, records }, 'records on disk cannot be read any more: they are lost')
      queue.unreadable(topic, records, bytes)
    },
  })
  const keepOpen =
    disk &&
    createKeepOpen(disk, {
      log,
      onOpen(recovery) {
        for (const { topic } of recovery.lanes) topics.admits(topic)
        queue.recover(recovery, disk.lastSeq)
      },
    })
  const queue: BoundedQueue = createBoundedQueue(
    { ...config.queue, deadLetterTopic },
    { log, ledger, onRecords: (lane) => delivery.notify(lane), disk },
  )
  const memoryKeys = {
    queueMaxBytes: config.queue.maxBytes,
    maxReceiveBytes: config.grpc.maxReceiveBytes,
    hasDisk: disk !== null,
  }
  const requests = createRequestBudget(requestBudgetFor(memoryKeys), {
    held: () => queue.memoryBytes + queue.waiterBytes + (disk?.unsyncedBytes ?? 0),
  })
  const metrics = createMetrics({
    ...{ ledger, queue, requests, delivery, disk },
    topics: () => preflight.current.topics,
    rules: () => ({ status: rules.status, nodes: emqxHooks.state.nodes }),
    connections: () => grpc.connections,
    tls: () => door.certificates?.status ?? null,
    version: deps.version,
    memoryBoundBytes: largestRssBytes(memoryKeys),
  })
  const topics = createTopicLimit(config.kafka.maxTopics, fixedTopics(deps.rules.rules))
  const rules: RuleReload = createRuleReload(
    { path: config.rules },
    {
      initial: deps.rules,
      compile: (read, signal) => compileFittedRulesAside(read, config, signal),
      log,
      onChanged(now) {
        ruleCounts.keep(now.rules.rules)
        topics.fix(fixedTopics(now.rules), new Set([...queue.lanes()].map((lane) => lane.topic)))
        warnOfPolicies(now.rules, log)
        preflight.run()
        emqxHooks.rulesChanged()
        part?.onRules(now)
      },
      onAsked: () => emqxHooks.look(),
    },
  )
  const emqxHooks = createEmqxHooks(
    { emqx: config.emqx, filters: config.hooks.filters, asks: part === undefined || part.index === 0 },
    {
      interests: () => rules.current.rules.interests,
      log,
      onWord: (word) => part?.tell({ what: 'asked', word }),
    },
  )
  const ruleCounts = createRuleCounts()
  const watchRule = createRuleWatch({ log, metrics })
  const handler = createHookHandler(
    { replyMarginMs: config.reply.marginMs },
    {
      contract,
      rules: () => rules.current.rules,
      filters: config.hooks.filters,
      intake: {
        offer(records, options, done) {
          ruleCounts.made(records)
          queue.offer(records, options, done)
        },
      },
      ledger,
      log,
      surroundings: {
        deadLetterTopic,
        topics,
        maxEventBytes: config.queue.maxBytes,
        onError(rule, error) {
          ruleCounts.failed(rule)
          watchRule(rule, error)
        },
      },
      onReply: metrics.replied,
      onOutcome: metrics.decided,
      onLoaded(load) {
        emqxHooks.loaded(load)
        part?.tell({ what: 'loaded', load })
      },
      onUnloaded(node) {
        emqxHooks.unloaded(node)
        part?.tell({ what: 'unloaded', node })
      },
    },
  )
  const door = chooseDoor(config.grpc, {
    certificates: deps.certificates ?? null,
    log,
    onHandshake: metrics.handshakeMade,
  })
  const createServer = config.grpc.transport === 'lean' ? createLeanServer : createGrpcServer
  const grpc = createServer(
    { ...config.grpc, replyMarginMs: config.reply.marginMs },
    {
      ...{ handler, budget: requests, log, door: door.make },
      onConnectionRefused: metrics.connectionRefused,
      ...(part && { listener: part.listener }),
    },
  )
  const partsNow = (): ReadinessDeps => {
    const parts = { queue, delivery, preflight, disk, draining }
    const tls = door.certificates?.status ?? null
    return { ...parts, rules: rules.status, emqx: emqxHooks.state, tls }
  }
  const pages: RoutesDeps = {
    readiness: () => readinessNow(partsNow()),
    metrics: () => metrics.scrape(),
    status: () =>
      statusNow({
        ...partsNow(),
        version: deps.version,
        startedAtMs,
        ledger: ledger.snapshot(),
        ruleSet: rules.current.rules,
        counts: ruleCounts,
      }),
    reload: async () => reloadReport(await rules.reload(), rules.current.rules.rules.length),
  }
  const http =
    part?.serve({ ...pages, collect: metrics.collect }) ??
    createHttpServer(config.http, {
      ...{ ...pages, log },
      onRefused: metrics.httpRefused,
      redact: createRedactor(secretValues(config)),
    })

  function letGoIdleLanes(): void {
    delivery.letGoIdle((topic) => {
      const gone = queue.letGo(topic)
      if (gone) topics.release(topic)
      return gone
    })
  }

  /** Downstream first, so that no call comes in before there is somewhere to put it. */
  async function start(): Promise<AppPorts> {
    for (const warning of door.warnings) log.warn({ host: config.grpc.host }, warning)
    warnOfPolicies(deps.rules.rules, log)
    delivery.start()
    setInterval(letGoIdleLanes, IDLE_LANE_MS).unref()
    try {
      const { port: httpPort } = await http.start()
      // What an earlier life left comes before what comes in now.
      await keepOpen?.start()
      const { port: grpcPort } = await grpc.start()
      started = true
      rules.start()
      door.certificates?.start()
      emqxHooks.look()
      log.info(
        {
          version: deps.version,
          // A worker has no ports of its own.
          ...(part === undefined && {
            grpc: `${config.grpc.host}:${grpcPort}`,
            http: `${config.http.host}:${httpPort}`,
          }),
          kafka: config.kafka.brokers,
          rules: rules.current.rules.rules.length,
        },
        part === undefined ? 'ready for hook calls' : 'ready for its part of the hook calls',
      )
      return { grpc: grpcPort, http: httpPort }
    } catch (error) {
      await stop()
      throw error
    }
  }

  /** Upstream first, so that nothing comes in any more while the queue is emptied. */
  async function end(): Promise<number> {
    const deadline = performance.now() + config.stop.deadlineMs
    const left = () => Math.max(0, deadline - performance.now())
    draining = true
    rules.stop()
    door.certificates?.stop()
    const looksEnded = [preflight.stop(), emqxHooks.stop()]
    if (started)
      log.info({ queued: queue.records }, 'stopping: answering the calls in flight, then draining the queue')
    await endGrpc(left())
    keepOpen?.stop()
    // What is on disk need not wait for a Kafka that is away: the sooner the next process is there, the less EMQX
    // finds nobody to call.
    const waits = delivery.cluster.state === 'up' || !disk?.accepts
    await delivery.drain(waits ? left() : 0)
    const lost = await abandon()
    deadLetterFile?.close()
    tellTheEnd(lost)
    // A broker that does not answer would hold the connections for a request timeout.
    await Promise.race([
      Promise.all([driver.stop(), ...looksEnded, http.stop()]),
      sleep(CLOSE_GRACE_MS, undefined, { ref: false }),
    ])
    return lost
  }

  /** Gives up what is not on disk. */
  async function abandon(): Promise<number> {
    const flushed = disk?.flush().catch((error: Error) => log.error({ error: error.message }, DISK_STOPS))
    // A disk that hangs does not hold up the end.
    await Promise.race([flushed, sleep(FLUSH_MS, undefined, { ref: false })])
    const lost = queue.abandon()
    await disk?.close()
    return lost
  }

  function tellTheEnd(lost: number): void {
    const kept = queue.records
    const { state, failure } = delivery.cluster
    const cause = failure ?? (state === 'up' ? 'the time for the stop was up' : 'Kafka has not answered yet')
    if (lost > 0) log.error({ lost, kept, cause }, 'stopped: these records were not delivered and are lost')
    else if (kept > 0) log.warn({ kept, cause }, 'stopped: these records stay on disk for the next start')
    else if (started) {
      const { delivered, deadLettered: dead, dropped: drops } = ledger.snapshot()
      const deadLettered = dead.topic + dead.file
      const dropped = Object.values(drops).reduce((sum, n) => sum + n, 0)
      if (deadLettered + dropped === 0)
        log.info({ delivered }, 'stopped: every record in the queue was delivered')
      else log.info({ delivered, deadLettered, dropped }, 'stopped: nothing is left in the queue')
    }
  }

  async function endGrpc(graceMs: number): Promise<void> {
    const answer = setTimeout(queue.endWaits, Math.max(0, graceMs - ANSWER_MS))
    const timer = setTimeout(() => {
      log.warn('some calls did not end in time: they are cut')
      grpc.forceStop()
    }, graceMs)
    await grpc.stop()
    clearTimeout(answer)
    clearTimeout(timer)
  }

  let stopping: Promise<number> | undefined
  const stop = (): Promise<number> => (stopping ??= end())

  function reload(): Promise<ReloadOutcome> {
    door.certificates?.reload()
    return rules.reload()
  }

  return {
    queue,
    ledger: () => ledger.snapshot(),
    reload,
    hear: (news) => takeNews(news, emqxHooks),
    start,
    stop,
  }
}

const ALONE: Share = { index: 0, count: 1 }

function warnOfPolicies({ rules }: RuleSet, log: Logger): void {
  for (const { name, hooks, policy } of rules) {
    for (const warning of policyWarnings(policy, hooks)) log.warn({ rule: name }, warning)
  }
}

const fixedTopics = ({ rules }: RuleSet): readonly string[] =>
  rules.flatMap(({ topic, allow }) => (allow === null ? [topic] : []))

const openDeadLetterFile = (
  { file, fileMaxBytes }: DeadLettersConfig,
  part: Share | undefined,
  log: Logger,
): DeadLetterFile | null =>
  file === null
    ? null
    : createDeadLetterFile(
        { path: part === undefined ? file : `${file}.worker-${part.index}`, maxBytes: fileMaxBytes },
        log,
      )
