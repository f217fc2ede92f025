import type { Logger } from 'pino'
import { isKafkasWord } from '../kafka/error-kinds.ts'
import type { KafkaDriver, KafkaFailure } from '../kafka/kafka-driver.ts'
import type { Lane } from '../queue/lane.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { type ClusterState, createClusterWatch } from './cluster-watch.ts'
import { createLaneLoop, type LaneLoop, type LaneLoopConfig, type LaneState } from './lane-loop.ts'
import { retryDelayMs } from './retry-clock.ts'

/** Empties the lanes into Kafka: one loop a lane, and one watch over the cluster. */
export interface Delivery {
  readonly cluster: ClusterState
  lanes(): readonly LaneState[]
  /** Returns at once; Kafka need not be there. */
  start(): void
  /** Records have entered a lane. */
  notify(lane: Lane): void
  /** Kafka will take records of this topic now: a lane that waits for that tries at once. */
  wake(topic: string): void
  /**
   * Lets go of the lanes that were idle since the last call, those that `mayGo` takes out of the queue: devices may choose
   * Kafka topics, and most of them may never come again.
   */
  letGoIdle(mayGo: (topic: string) => boolean): void
  /**
   * Sends what waits, without lingering, until every lane is empty or `deadlineMs` from now have passed; then nothing
   * is sent any more. Resolves with the records that are left. Safe twice and without start.
   */
  drain(deadlineMs: number): Promise<number>
}

export interface DeliveryConfig extends LaneLoopConfig {
  /** The Kafka topic of dead letters; null: there is none. */
  readonly deadLetterTopic: string | null
}

export interface DeliveryDeps {
  readonly driver: KafkaDriver
  readonly log: Logger
  readonly onFailure: (failure: KafkaFailure) => void
  /** Kafka has acknowledged all of a batch, this many seconds after it was sent. */
  readonly onSent?: (seconds: number) => void
  /** Takes what Kafka will not have off a lane. */
  readonly giveUp: (lane: Lane, records: readonly KafkaRecord[], failure: KafkaFailure) => void
  /** The cluster answers, for the first time or again. */
  readonly onUp?: () => void
  /** A lane that had failed delivers again. */
  readonly onRecovered?: () => void
  /** The pause after so many failures in a row, in ms. Default: 1 s, 2 s … 30 s. */
  readonly pauseMs?: (failures: number) => number
}

export function createDelivery(config: DeliveryConfig, deps: DeliveryDeps): Delivery {
  const { log } = deps
  const driver: Pick<KafkaDriver, 'freeze' | 'send'> = {
    freeze: (topic, records) => deps.driver.freeze(topic, records),
    async send(batch) {
      const start = performance.now()
      const outcome = await deps.driver.send(batch)
      if (outcome.left.length === 0) deps.onSent?.((performance.now() - start) / 1000)
      return outcome
    },
  }
  const loops = new Map<string, { readonly lane: Lane; readonly loop: LaneLoop }>()
  const watch = createClusterWatch({
    log,
    probe: () => deps.driver.probe(),
    onUp() {
      for (const { loop } of loops.values()) loop.wake()
      deps.onUp?.()
    },
  })
  const pauseMs = deps.pauseMs ?? ((failures) => retryDelayMs(failures, Math.random()))
  let onIdle: () => void = () => {}
  let hurrying = false

  function onOutcome(failure: KafkaFailure | null): void {
    if (failure !== null) deps.onFailure(failure)
    if (failure?.kind === 'connection' || failure?.kind === 'cluster') watch.failed(failure)
    else if (failure === null || isKafkasWord(failure.code)) watch.succeeded()
  }

  function loopOf(lane: Lane): LaneLoop {
    const known = loops.get(lane.topic)
    if (known !== undefined) return known.loop
    // Dead letters have nowhere else to go, and wait for nobody to create their topic.
    const isDead = lane.topic === config.deadLetterTopic
    const loopConfig = isDead
      ? { ...config, topicErrorTtlMs: 0, maxRecordAgeMs: 0, isDeadLetters: true }
      : config
    const loop = createLaneLoop(lane, loopConfig, {
      giveUp: (records, failure) => deps.giveUp(lane, records, failure),
      driver,
      log,
      onOutcome,
      onIdle: () => onIdle(),
      onRecovered: () => deps.onRecovered?.(),
      pauseMs,
    })
    if (hurrying) loop.hurry()
    loops.set(lane.topic, { lane, loop })
    return loop
  }

  const left = (): number => [...loops.values()].reduce((sum, { lane }) => sum + lane.records, 0)

  return {
    get cluster() {
      return watch.current
    },
    lanes: () => [...loops.values()].map(({ loop }) => loop.current),
    start: () => watch.start(),
    notify: (lane) => loopOf(lane).notify(),
    wake: (topic) => loops.get(topic)?.loop.wake(),
    letGoIdle(mayGo) {
      for (const [topic, { loop }] of loops) if (loop.wasIdle() && mayGo(topic)) loops.delete(topic)
    },
    async drain(deadlineMs) {
      hurrying = true
      for (const { loop } of loops.values()) loop.hurry()
      if (left() > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, deadlineMs)
          onIdle = () => {
            if (left() > 0) return
            clearTimeout(timer)
            resolve()
          }
        })
      }
      watch.stop()
      for (const { loop } of loops.values()) loop.stop()
      return left()
    },
  }
}
