import type { Logger } from 'pino'
import type { Compression, TopicsConfig } from '../config/config.ts'
import { createSleeper } from '../delivery/sleeper.ts'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { Inspection, TopicInspector, TopicReport } from '../kafka/topic-inspector.ts'
import type { TopicNeed } from './topic-needs.ts'
import { type TopicState, topicState } from './topic-state.ts'
import { createTopicTelling } from './topic-telling.ts'

/** What the last look that came to something found. */
export interface PreflightState {
  /** Some look has come to something. */
  readonly looked: boolean
  /** Why the latest look came to nothing; null: it did not, or there was none yet. */
  readonly failure: KafkaFailure | null
  readonly topics: readonly TopicState[]
}

/**
 * Finds out whether the topics that records will go to are there and can be written, before any record is refused, and
 * makes the missing ones if that is wanted. All in the background: nothing waits for it, and what it does not find out
 * is no error. While a topic cannot be written it looks again, with growing pauses; then it rests.
 */
export interface Preflight {
  readonly current: PreflightState
  /** Looks now; when a look is under way, once more after it. For the start, a reload, and when Kafka is back. */
  run(): void
  /** Something has changed for the better: looks now if a topic could not be written at last. */
  nudge(): void
  /** No look begins from now on. Resolves when the one under way has ended. Safe twice and without run. */
  stop(): Promise<void>
}

export interface PreflightConfig extends TopicsConfig {
  readonly compression: Compression
}

export interface PreflightDeps {
  readonly inspector: TopicInspector
  readonly log: Logger
  /** The topics, as the rules are now. */
  readonly needs: () => readonly TopicNeed[]
  /** Records can be written to this topic, which was not known before. */
  readonly onReady: (topic: string) => void
  /** The pause after so many looks in a row that found something wrong, in ms. Default: 1 s, 2 s, 4 s … 60 s. */
  readonly pauseMs?: (looks: number) => number
}

const LONGEST_PAUSE_MS = 60_000
const defaultPauseMs = (looks: number): number => Math.min(1000 * 2 ** (looks - 1), LONGEST_PAUSE_MS)

/** How often, and how far apart, it is looked whether a new topic is known to the brokers and has its leaders. */
const SETTLE_LOOKS = 30
const SETTLE_PAUSE_MS = 100

export function createPreflight(config: PreflightConfig, deps: PreflightDeps): Preflight {
  const { inspector, log } = deps
  const pauseMs = deps.pauseMs ?? defaultPauseMs
  const sleeper = createSleeper()
  const telling = createTopicTelling(log)
  let current: PreflightState = { looked: false, failure: null, topics: [] }
  let wanted = false
  /** Somebody wanted a look, and none has come to something since. */
  let unanswered = false
  let nudged = false
  let stopped = false
  let looping: Promise<void> | null = null

  async function loop(): Promise<void> {
    try {
      for (let looks = 1; !stopped; looks++) {
        if (wanted) looks = 1
        wanted = nudged = false
        const well = await look()
        if (stopped || (well && !wanted)) return
        if (!wanted && !nudged) await sleeper.sleep(pauseMs(looks))
      }
    } finally {
      looping = null
    }
  }

  /** Whether all is well. */
  async function look(): Promise<boolean> {
    const needs = deps.needs()
    let inspection = await inspector.inspect(needs.map(({ topic }) => topic))
    const missing = inspection.reports.filter(isMissing).map(({ topic }) => topic)
    let refused: ReadonlyMap<string, KafkaFailure> = new Map()
    if (config.create && missing.length > 0 && !stopped) {
      const creation = await create(missing, needs)
      refused = creation.refused
      inspection = creation.inspection
    }
    if (stopped) return true
    if (inspection.failure !== null) {
      current = { ...current, failure: inspection.failure }
      telling.failed(inspection.failure)
      return false
    }
    judge(needs, inspection.reports, refused)
    telling.looked(current.topics, unanswered)
    unanswered = wanted
    return current.topics.every(({ ready }) => ready)
  }

  function judge(
    needs: readonly TopicNeed[],
    reports: readonly TopicReport[],
    refused: ReadonlyMap<string, KafkaFailure>,
  ): void {
    const wasReady = new Set(current.topics.filter(({ ready }) => ready).map(({ topic }) => topic))
    const needOf = new Map(needs.map((need) => [need.topic, need]))
    const topics = reports.flatMap((report) => {
      const need = needOf.get(report.topic)
      const { compression } = config
      return need ? [topicState(need, report, { compression, refusal: refused.get(report.topic) })] : []
    })
    current = { looked: true, failure: null, topics }
    for (const { topic, ready } of topics) if (ready && !wasReady.has(topic)) deps.onReady(topic)
  }

  /** Makes the topics, and looks until those that are not refused are known to the brokers, for a few seconds. */
  async function create(
    missing: readonly string[],
    needs: readonly TopicNeed[],
  ): Promise<{ readonly inspection: Inspection; readonly refused: ReadonlyMap<string, KafkaFailure> }> {
    const { partitions, replication } = config
    const spec = { partitions, replication, config: config.config ?? [] }
    const { created, refused, failure } = await inspector.create(missing, spec)
    for (const topic of created) log.info({ topic, ...spec }, 'the topic was missing and has been created')
    if (failure !== null) return { inspection: { reports: [], failure }, refused }
    const expected = new Set(missing.filter((topic) => !refused.has(topic)))
    for (let looks = 1; ; looks++) {
      const inspection = await inspector.inspect(needs.map(({ topic }) => topic))
      const settled = inspection.reports.every((report) => !expected.has(report.topic) || isSettled(report))
      if (settled || stopped || looks === SETTLE_LOOKS) return { inspection, refused }
      await sleeper.sleep(SETTLE_PAUSE_MS)
    }
  }

  function run(): void {
    if (stopped) return
    wanted = unanswered = true
    sleeper.wake()
    looping ??= loop()
  }

  return {
    get current() {
      return current
    },
    run,
    nudge() {
      if (looping === null) return
      nudged = true
      sleeper.wake()
    },
    async stop() {
      stopped = true
      sleeper.wake()
      await looping
    },
  }
}

const isMissing = ({ error }: TopicReport): boolean => error === 'UNKNOWN_TOPIC_OR_PARTITION'

const isSettled = (report: TopicReport): boolean => !isMissing(report) && report.leaderless.length === 0
