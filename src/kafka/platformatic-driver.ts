import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { NumberedPart, PartitionAnswer } from './broker-link.ts'
import { sendChosen } from './chosen-partitions.ts'
import type { KafkaClientConfig } from './client-config.ts'
import { isAlreadyThere, isFatalToProducer } from './error-kinds.ts'
import type { FrozenBatch, KafkaDriver, KafkaDriverDeps, KafkaFailure, SendOutcome } from './kafka-driver.ts'
import { byLeader, outcomeOf, type Part, type PartBatch, type PartEnd, partsOf } from './part-batch.ts'
import { createPlatformaticCluster, RefusedError } from './platformatic-cluster.ts'
import { failureOfCode, sortPlatformaticError } from './platformatic-errors.ts'
import { createPlatformaticLinks } from './platformatic-links.ts'
import { createPlatformaticProducers, type ProducerLife } from './platformatic-producers.ts'
import { createTopicViews } from './topic-views.ts'

/** A sign of life, or a topic's metadata, is asked for with more haste than a batch. */
const PROBE_TIMEOUT_MS = 5_000

/**
 * Kafka through the connections, requests and record batches of @platformatic/kafka: one idempotent producer for all
 * topics, whose numbers are kept here, so that a part of a batch goes out again under the number it had. A request for
 * each broker that leads some of a batch's partitions; what becomes of each partition is told apart.
 */
export function createPlatformaticDriver(config: KafkaClientConfig, deps: KafkaDriverDeps): KafkaDriver {
  const hasty = { ...config, requestTimeoutMs: Math.min(config.requestTimeoutMs, PROBE_TIMEOUT_MS) }
  const cluster = createPlatformaticCluster(hasty)
  const links = createPlatformaticLinks(config)
  const views = createTopicViews((topic) => cluster.topic(topic))
  const producers = createPlatformaticProducers({ ...deps, newProducerId: cluster.newProducerId })
  let turn = 0

  /** One attempt at all parts of a batch. Never rejects. */
  async function attempt(batch: PartBatch): Promise<SendOutcome> {
    let outcome: SendOutcome
    try {
      const view = await views.get(batch.topic)
      const life = await producers.current()
      batch.parts = fitting(batch, view.partitions, life) ?? partsOf(batch, view, turn++)
      const groups = [...byLeader(batch.parts, view)]
      const ends = await Promise.all(groups.map(([node, parts]) => sendTo(node, batch.topic, parts, life)))
      outcome = outcomeOf(batch, ends.flat())
    } catch (error) {
      outcome = { delivered: [], left: [{ batch, failure: failureOf(error) }] }
    }
    // Whatever went wrong, leaders may have changed.
    if (outcome.left.length > 0) views.forget(batch.topic)
    return outcome
  }

  /**
   * The parts as they are. Null when there are none yet, or when the topic is another one by now: it was deleted and
   * made anew with fewer partitions, so that what was sent before is gone with the old one.
   */
  function fitting(batch: PartBatch, partitions: number, life: ProducerLife): readonly Part[] | null {
    const { parts, topic } = batch
    if (parts === null || parts.every(({ partition }) => partition < partitions)) return parts
    for (const part of parts) life.sequences.withdrawn(nameOf(topic, part), part)
    return null
  }

  /** One request to one broker. Never rejects. */
  async function sendTo(
    node: number,
    topic: string,
    parts: readonly Part[],
    life: ProducerLife,
  ): Promise<PartEnd[]> {
    const allEnd = (failure: KafkaFailure) => parts.map((part) => ({ part, failure }))
    const address = cluster.addressOf(node)
    if (address === undefined) return allEnd(LEADERLESS)
    const numbered = numbersOf(topic, parts, life)
    if (numbered === null) {
      producers.retire(life, `a batch for Kafka topic "${topic}" was given up whose fate is not known`)
      return allEnd(RENEWED)
    }
    try {
      const link = await links.to(address)
      try {
        const answers = await link.produce(life.id, topic, numbered)
        return parts.map((part) => ({ part, failure: settle(life, topic, part, answers) }))
      } catch (error) {
        for (const part of parts) life.sequences.doubtful(nameOf(topic, part), part)
        throw error
      }
    } catch (error) {
      return allEnd(failureOf(error))
    }
  }

  /** Takes down what the broker said of a part; null: it is in Kafka. */
  function settle(
    life: ProducerLife,
    topic: string,
    part: Part,
    answers: readonly PartitionAnswer[],
  ): KafkaFailure | null {
    const name = nameOf(topic, part)
    const answer = answers.find(({ partition }) => partition === part.partition)
    if (answer !== undefined && (answer.error === null || isAlreadyThere(answer.error))) {
      life.sequences.delivered(name, part)
      return null
    }
    const failure = answer === undefined ? UNANSWERED : refusalOf(answer)
    if (isFatalToProducer(failure.code)) producers.retire(life, `${failure.code} for ${name}`)
    else if (failure.kind === 'record') life.sequences.withdrawn(name, part)
    else if (failure.kind !== 'topic') life.sequences.doubtful(name, part)
    return failure
  }

  const freeze = (topic: string, records: readonly KafkaRecord[]): PartBatch => ({
    topic,
    records,
    parts: null,
  })

  async function send(batch: FrozenBatch): Promise<SendOutcome> {
    const { delivered, left } = await attempt(batch as PartBatch)
    const stale = left.filter(({ failure }) => isStale(failure))
    if (stale.length === 0) return { delivered, left }
    await sleep(STALE_PAUSE_MS)
    const again = await Promise.all(stale.map((part) => attempt(part.batch as PartBatch)))
    return {
      delivered: [...delivered, ...again.flatMap((outcome) => outcome.delivered)],
      left: [...left.filter((part) => !stale.includes(part)), ...again.flatMap((outcome) => outcome.left)],
    }
  }

  return {
    freeze,
    send: (batch) =>
      (batch as PartBatch).parts === null ? sendChosen(batch, views, { freeze, send }) : send(batch),
    async probe() {
      try {
        await cluster.ping()
        return null
      } catch (error) {
        return failureOf(error)
      }
    },
    async stop() {
      links.stop()
      cluster.stop()
    },
  }
}

const nameOf = (topic: string, { partition }: Part): string => `${topic}:${partition}`

/** The parts with the numbers they go out under; null: one of them can have none under this producer id. */
function numbersOf(topic: string, parts: readonly Part[], life: ProducerLife): NumberedPart[] | null {
  const numbered: NumberedPart[] = []
  for (const part of parts) {
    const firstSequence = life.sequences.first(nameOf(topic, part), part)
    if (firstSequence === null) return null
    numbered.push({ ...part, firstSequence })
  }
  return numbered
}

const failureOf = (error: unknown): KafkaFailure =>
  error instanceof RefusedError ? error.failure : sortPlatformaticError(error)

/** A leader that does not know a topic of which the metadata say that it is there will know it later, or they will not. */
function refusalOf({ error, message }: PartitionAnswer): KafkaFailure {
  const failure = failureOfCode(error ?? '', message)
  return failure.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? { ...failure, kind: 'retriable' } : failure
}

const retriable = (code: string, message: string): KafkaFailure => ({ kind: 'retriable', code, message })
const LEADERLESS = retriable('LEADER_NOT_AVAILABLE', 'a partition has no leader')
const UNANSWERED = retriable('Unanswered', 'the broker said nothing of a partition')
const RENEWED = retriable('ProducerRenewed', 'the producer was replaced')

/** What another attempt with fresh metadata, or with a fresh producer, may put right at once. */
const STALE: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  RENEWED.code,
])

/** What a broker takes to hear of a change of leaders that the metadata tell already. */
const STALE_PAUSE_MS = 100

const isStale = ({ kind, code }: KafkaFailure): boolean => kind === 'retriable' && STALE.has(code)
