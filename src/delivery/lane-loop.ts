import type { Logger } from 'pino'
import { kindOfCode } from '../kafka/error-kinds.ts'
import type { FrozenBatch, KafkaDriver, KafkaFailure } from '../kafka/kafka-driver.ts'
import type { Lane } from '../queue/lane.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { createSleeper } from './sleeper.ts'

export interface LaneLoopConfig extends BatchConfig {
  /** How long Kafka may refuse the topic before its records are given up, in ms. */
  readonly topicErrorTtlMs: number
  /** Records that were received longer ago are dropped when a batch is formed, in ms; 0: never. */
  readonly maxRecordAgeMs: number
  /** Whom Kafka takes us for, for the words of a fix; default: nobody logs in. */
  readonly whoWeAre?: string
  /** Whether the records are dead letters; default: no. */
  readonly isDeadLetters?: boolean
}

export interface BatchConfig {
  /** How long the first record of a batch waits for company. */
  readonly lingerMs: number
  readonly batchMaxRecords: number
  readonly batchMaxBytes: number
}

/** What one lane is doing, for people. */
export interface LaneState {
  readonly topic: string
  readonly state: 'idle' | 'sending' | 'retrying' | 'quarantined'
  readonly failure: KafkaFailure | null
}

/** Sends the records of one lane, in order, one send outstanding, until there are none. */
export interface LaneLoop {
  readonly current: LaneState
  /** Records have entered the lane. */
  notify(): void
  /** Whether the lane is empty and nothing entered it since the last time this was asked. */
  wasIdle(): boolean
  /** Cuts a pause short: the cluster or the topic is back. */
  wake(): void
  /** From now on nothing lingers and pauses are short. */
  hurry(): void
  /** Nothing is sent from now on; a send under way is the last. */
  stop(): void
}

export interface LaneLoopDeps {
  readonly driver: Pick<KafkaDriver, 'freeze' | 'send'>
  readonly log: Logger
  /** A send failed, or (null) all of it was acknowledged. */
  readonly onOutcome: (failure: KafkaFailure | null) => void
  /** Takes what Kafka will not have off the lane: into the dead letters, or as a counted drop. */
  readonly giveUp: (records: readonly KafkaRecord[], failure: KafkaFailure) => void
  /** The lane has nothing more to send for now. */
  readonly onIdle: () => void
  /** The lane had failed and delivers again. */
  readonly onRecovered: () => void
  /** The pause after so many failures in a row, in ms. */
  readonly pauseMs: (failures: number) => number
}

export function createLaneLoop(lane: Lane, config: LaneLoopConfig, deps: LaneLoopDeps): LaneLoop {
  const { driver, log } = deps
  const sleeper = createSleeper()
  let running = false
  let hurrying = false
  let stopped = false
  let firstWaitingAt = 0
  let failuresInARow = 0
  let refusedSince = 0
  let current: LaneState = { topic: lane.topic, state: 'idle', failure: null }

  const isFull = (): boolean =>
    lane.waitingRecords >= config.batchMaxRecords || lane.waitingBytes >= config.batchMaxBytes

  let used = true
  function notify(): void {
    used = true
    if (lane.waitingRecords === 1) firstWaitingAt = performance.now()
    if (running) {
      if (lingering && isFull()) sleeper.wake()
      return
    }
    running = true
    void run()
  }

  let lingering = false
  async function linger(): Promise<void> {
    const leftMs = firstWaitingAt + config.lingerMs - performance.now()
    if (hurrying || isFull() || leftMs <= 0) return
    lingering = true
    await sleeper.sleep(leftMs)
    lingering = false
  }

  async function run(): Promise<void> {
    while (lane.waitingRecords > 0 && !stopped) {
      await linger()
      if (stopped || !(await isLoaded())) break
      const records = withoutOld(lane.take(config.batchMaxRecords, config.batchMaxBytes))
      if (lane.waitingRecords > 0) firstWaitingAt = 0
      if (records.length > 0) await deliver(driver.freeze(lane.topic, records))
    }
    running = false
    deps.onIdle()
  }

  /** The next records are in memory; false when the loop was stopped before the disk gave them. */
  async function isLoaded(): Promise<boolean> {
    for (let tries = 1; !lane.ready && lane.waitingRecords > 0 && !stopped; tries++) {
      if (tries > 1) await sleeper.sleep(deps.pauseMs(tries - 1))
      await lane.load().catch((error: Error) => {
        const text = 'the disk does not give what waits there: trying again'
        log.error({ topic: lane.topic, error: error.message }, text)
      })
    }
    return !stopped
  }

  function withoutOld(records: readonly KafkaRecord[]): readonly KafkaRecord[] {
    if (config.maxRecordAgeMs === 0) return records
    const oldest = Date.now() - config.maxRecordAgeMs
    const old = records.filter((record) => record.receivedAtMs < oldest)
    if (old.length > 0) lane.drop(old, 'too_old')
    return old.length === 0 ? records : records.filter((record) => record.receivedAtMs >= oldest)
  }

  /** Sends a batch until each of its records is delivered or dropped, or the loop is stopped. */
  async function deliver(batch: FrozenBatch): Promise<void> {
    // Chains share no partition, so they go on independently; within a chain, order holds.
    let chains: FrozenBatch[][] = [[batch]]
    while (chains.length > 0 && !stopped) {
      const { left, failure, progress } = await pass(chains)
      chains = left
      if (failure === null) {
        recovered()
        continue
      }
      failuresInARow = progress ? 1 : failuresInARow + 1
      note(failure)
      if (failure.kind === 'topic' && performance.now() - refusedSince >= config.topicErrorTtlMs) {
        deps.giveUp(
          chains.flat().flatMap((part) => part.records),
          failure,
        )
        return
      }
      if (!stopped) await sleeper.sleep(deps.pauseMs(hurrying ? 1 : failuresInARow))
    }
  }

  interface Pass {
    readonly left: FrozenBatch[][]
    readonly failure: KafkaFailure | null
    readonly progress: boolean
  }

  /** One attempt at each chain, ended early when the whole cluster is away. */
  async function pass(chains: readonly FrozenBatch[][]): Promise<Pass> {
    const left: FrozenBatch[][] = []
    let failure: KafkaFailure | null = null
    let progress = false
    for (const [i, chain] of chains.entries()) {
      if (stopped || failure?.kind === 'connection' || failure?.kind === 'cluster') {
        left.push(...chains.slice(i))
        break
      }
      const end = await followChain(chain)
      left.push(...end.left)
      failure = end.failure ?? failure
      progress ||= end.progress
    }
    return { left, failure, progress }
  }

  /** Sends the batches of a chain one after the other, up to the first that has to wait. */
  async function followChain(chain: readonly FrozenBatch[]): Promise<Pass> {
    const [batch, ...rest] = chain
    if (batch === undefined || stopped)
      return { left: batch ? [[batch, ...rest]] : [], failure: null, progress: false }
    current = { ...current, state: current.state === 'idle' ? 'sending' : current.state }
    const outcome = await driver.send(batch)
    if (outcome.delivered.length > 0) lane.deliver(outcome.delivered)
    const progress = outcome.delivered.length > 0
    if (outcome.left.length === 0) {
      deps.onOutcome(null)
      const next = await followChain(rest)
      return { ...next, progress: progress || next.progress }
    }

    const left: FrozenBatch[][] = []
    let failure: KafkaFailure | null = null
    for (const [i, part] of outcome.left.entries()) {
      // A chain of several is of one partition, so its batch leaves one part and the rest follows that.
      const tail = i === outcome.left.length - 1 ? rest : []
      deps.onOutcome(part.failure)
      if (part.failure.kind === 'record') {
        const end = await followChain([...bisect(part.batch, part.failure), ...tail])
        left.push(...end.left)
        failure = end.failure ?? failure
      } else {
        left.push([part.batch, ...tail])
        failure = part.failure
      }
    }
    return { left, failure, progress }
  }

  /** Kafka refuses something in this batch: halves, in order; a single record is the culprit and is dropped. */
  function bisect(batch: FrozenBatch, failure: KafkaFailure): FrozenBatch[] {
    const { records, topic } = batch
    if (records.length > 1) {
      const middle = records.length >> 1
      return [driver.freeze(topic, records.slice(0, middle)), driver.freeze(topic, records.slice(middle))]
    }
    deps.giveUp(records, failure)
    return []
  }

  function note(failure: KafkaFailure): void {
    const state = failure.kind === 'topic' ? 'quarantined' : 'retrying'
    if (state === 'quarantined' && current.state !== 'quarantined') refusedSince = performance.now()
    if (current.state !== state || current.failure?.code !== failure.code) {
      if (state === 'quarantined') {
        log.warn(
          { topic: lane.topic, code: failure.code, error: failure.message, fix: fixOf(failure.code, config) },
          'Kafka refuses the topic: its lane waits and tries again, the others go on',
        )
      } else if (failure.kind === 'retriable' && !isRecordsOwn(failure)) {
        log.warn(
          { topic: lane.topic, code: failure.code, error: failure.message },
          'Kafka asks to try again later',
        )
      }
    }
    lane.healthy = state !== 'quarantined'
    current = { topic: lane.topic, state, failure }
  }

  function recovered(): void {
    failuresInARow = 0
    lane.healthy = true
    const { failure } = current
    current = { topic: lane.topic, state: 'idle', failure: null }
    if (failure === null) return
    if (!isRecordsOwn(failure)) log.info({ topic: lane.topic }, 'the lane delivers again')
    deps.onRecovered()
  }

  return {
    get current() {
      return current
    },
    notify,
    wasIdle() {
      const idle = !used && !running && lane.records === 0
      used = false
      return idle
    },
    wake: () => sleeper.wake(),
    hurry() {
      hurrying = true
      sleeper.wake()
    },
    stop() {
      stopped = true
      sleeper.wake()
    },
  }
}

/** One record is to blame, and the batch was mixed: its parts are tried again at once, which is no news. */
const isRecordsOwn = ({ code }: KafkaFailure): boolean => kindOfCode(code) === 'record'

/** What somebody can do about a topic that Kafka refuses. */
function fixOf(code: string, { whoWeAre, isDeadLetters }: LaneLoopConfig): string {
  if (code === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return isDeadLetters
      ? 'create it, or correct dead_letters.topic'
      : 'create the topic, or correct its name in the rules'
  }
  if (code === 'INVALID_TOPIC_EXCEPTION') {
    return isDeadLetters ? 'correct dead_letters.topic' : 'correct the name of the topic in the rules'
  }
  if (code === 'TOPIC_AUTHORIZATION_FAILED') {
    const who = whoWeAre ?? 'whom Kafka takes us for without a login'
    return `grant Describe and Write on the topic to ${who}`
  }
  return 'see the error'
}
