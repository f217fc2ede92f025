import kafkajs from 'kafkajs'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { sendChosen } from './chosen-partitions.ts'
import type { KafkaClientConfig } from './client-config.ts'
import { isAlreadyThere, isFatalToProducer, isKafkasWord } from './error-kinds.ts'
import type { FrozenBatch, KafkaDriver, KafkaDriverDeps, KafkaFailure, SendOutcome } from './kafka-driver.ts'
import { createKafkaJsClient } from './kafkajs-client.ts'
import { sortKafkaJsError } from './kafkajs-errors.ts'
import { createKafkaJsProbe } from './kafkajs-probe.ts'
import { createKafkaJsProducers, type ProducerLife } from './kafkajs-producers.ts'
import { createKafkaJsSockets } from './kafkajs-sockets.ts'
import { type GuardedMessage, STALE_METADATA } from './leader-guard.ts'
import {
  choosePartitions,
  fits,
  hasOnePartition,
  type PartitionedBatch,
  splitBy,
} from './partitioned-batch.ts'
import { createTopicViews } from './topic-views.ts'

const { CompressionTypes } = kafkajs

/** A sign of life is asked for with more haste than a batch. */
const PROBE_TIMEOUT_MS = 5_000
/** Strange failures in a row, with all topics in good order, after which the producer is replaced. */
const STRANGE_FAILURES = 3
/** kafkajs holds its own lock on a broker for up to this long. */
const LOCK_TIMEOUT_MS = 65_535

const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const

/**
 * Kafka through kafkajs: one idempotent producer for all topics. A topic is admitted to it only after its metadata was
 * read by a separate client; a producer that a bad topic has poisoned all the same is replaced once, without it.
 */
export function createKafkaJsDriver(config: KafkaClientConfig, deps: KafkaDriverDeps): KafkaDriver {
  const { log } = deps
  const sockets = createKafkaJsSockets(config.tls)
  const producers = createKafkaJsProducers(createKafkaJsClient(config, log, sockets), { ...deps, sockets })
  const hasty = { ...config, requestTimeoutMs: Math.min(config.requestTimeoutMs, PROBE_TIMEOUT_MS) }
  const probe = createKafkaJsProbe(createKafkaJsClient(hasty, log))
  const views = createTopicViews((topic) => probe.topic(topic))
  const sendTimeoutMs = 2 * config.requestTimeoutMs + LOCK_TIMEOUT_MS
  let turn = 0
  let strangeFailures = 0

  /** One attempt at the whole batch: a call for each broker that leads some of its partitions. */
  async function attempt(batch: PartitionedBatch): Promise<SendOutcome & { readonly again: boolean }> {
    let life: ProducerLife
    let leaders: readonly number[]
    try {
      const view = await views.get(batch.topic)
      if (!fits(batch, view)) batch.partitions = null
      batch.partitions ??= choosePartitions(batch.records, view, turn++)
      leaders = view.leaders
      life = await producers.current()
      if (life.doubts.forbids(batch)) {
        producers.retire(life, 'a batch that may be in Kafka was given up')
        life = await producers.current()
      }
    } catch (error) {
      batch.failures++
      return { delivered: [], left: [{ batch, failure: sortKafkaJsError(error) }], again: false }
    }
    life.met.add(batch.topic)
    const groups = splitBy(batch, (partition) => leaders[partition] ?? -1)
    const ends = await Promise.all(
      groups.map((group) => sendGroup(life, group, leaders[group.partitions?.[0] ?? 0] ?? -1)),
    )
    return gather(life, groups, ends)
  }

  async function sendGroup(
    life: ProducerLife,
    group: PartitionedBatch,
    leader: number,
  ): Promise<KafkaFailure | null> {
    if (leader < 0) return LEADERLESS
    life.busy++
    try {
      const sent = life.producer.send({
        topic: group.topic,
        messages: group.records.map((record, i) => toMessage(record, group.partitions?.[i] ?? 0, leader)),
        acks: -1,
        timeout: config.requestTimeoutMs,
        compression: COMPRESSION[config.compression],
      })
      await within(sendTimeoutMs, sent)
      return null
    } catch (error) {
      return sortKafkaJsError(error)
    } finally {
      producers.ended(life)
    }
  }

  async function gather(
    life: ProducerLife,
    groups: readonly PartitionedBatch[],
    ends: readonly (KafkaFailure | null)[],
  ): Promise<SendOutcome & { readonly again: boolean }> {
    const delivered = groups.flatMap((group, i) => (ends[i] === null ? group.records : []))
    const left: { batch: PartitionedBatch; failure: KafkaFailure }[] = []
    let again = false
    for (const [i, group] of groups.entries()) {
      const end = ends[i]
      if (end === null || end === undefined) {
        life.doubts.settle(group)
        continue
      }
      if (isAlreadyThere(end.code) && hasOnePartition(group)) {
        life.doubts.settle(group)
        delivered.push(...group.records)
        continue
      }
      group.failures++
      views.forget(group.topic)
      const verdict = await examine(life, group, end)
      again ||= verdict.again
      // A refusal by the broker that was asked to write is certain; everything else may have been written.
      const certain = verdict.failure === end && (end.kind === 'record' || end.kind === 'topic')
      if (certain) life.doubts.settle(group)
      else life.doubts.doubt(group)
      left.push(...narrow(group, verdict.failure))
    }
    if (left.length === 0) strangeFailures = 0
    return { delivered, left, again }
  }

  /** Finds out what a failure is about, and replaces the producer when it is the producer. */
  async function examine(
    life: ProducerLife,
    group: PartitionedBatch,
    failure: KafkaFailure,
  ): Promise<{ failure: KafkaFailure; again: boolean }> {
    if (isFatalToProducer(failure.code) || failure.code === SEND_TIMEOUT) {
      producers.retire(life, failure.code)
      return { failure: { ...failure, kind: 'retriable' }, again: false }
    }
    const aboutTopics = failure.kind === 'topic' || failure.code === LEADERLESS.code
    const strange = failure.kind === 'retriable' && !isKafkasWord(failure.code)
    if (!aboutTopics && !strange) return { failure, again: false }

    const own = await views.get(group.topic).then(() => null, sortKafkaJsError)
    if (own !== null) {
      if (own.kind === 'topic' || own.code === LEADERLESS.code) {
        producers.retire(life, `Kafka topic "${group.topic}": ${own.code}`)
      }
      return { failure: own, again: false }
    }
    const bad = await firstBadTopic(life, group.topic)
    if (bad !== null) {
      producers.retire(life, `poisoned by Kafka topic "${bad.topic}": ${bad.failure.code}`)
      return { failure: { ...failure, kind: 'retriable' }, again: true }
    }
    if (strange && ++strangeFailures >= STRANGE_FAILURES) {
      strangeFailures = 0
      producers.retire(life, failure.message)
    }
    return { failure, again: failure.code === STALE_METADATA }
  }

  async function firstBadTopic(
    life: ProducerLife,
    except: string,
  ): Promise<{ topic: string; failure: KafkaFailure } | null> {
    for (const topic of life.met) {
      if (topic === except) continue
      views.forget(topic)
      const failure = await views.get(topic).then(() => null, sortKafkaJsError)
      if (failure?.kind === 'topic' || failure?.code === LEADERLESS.code) return { topic, failure }
    }
    return null
  }

  const freeze = (topic: string, records: readonly KafkaRecord[]): PartitionedBatch => ({
    topic,
    records,
    partitions: null,
    failures: 0,
  })

  async function send(batch: FrozenBatch): Promise<SendOutcome> {
    const { delivered, left, again } = await attempt(batch as PartitionedBatch)
    if (!again || left.length !== 1) return { delivered, left }
    // The producer was poisoned by another topic and has been replaced: this batch need not wait for that.
    const second = await attempt(left[0]?.batch as PartitionedBatch)
    return { delivered: [...delivered, ...second.delivered], left: second.left }
  }

  return {
    freeze,
    send: (batch) =>
      (batch as PartitionedBatch).partitions === null
        ? sendChosen(batch, views, { freeze, send })
        : send(batch),
    async probe() {
      try {
        await probe.ping(views.anyTopic())
        return null
      } catch (error) {
        return sortKafkaJsError(error)
      }
    },
    async stop() {
      await Promise.all([producers.stop(), probe.stop()])
    },
  }
}

const LEADERLESS: KafkaFailure = {
  kind: 'retriable',
  code: 'LEADER_NOT_AVAILABLE',
  message: 'a partition has no leader',
}

/**
 * After a refusal that could be about one partition of several, each partition goes by itself from then on, so that
 * the refusal gets a name and the others go through. The records of a partition stay together: unchanged for Kafka.
 */
function narrow(
  group: PartitionedBatch,
  failure: KafkaFailure,
): { batch: PartitionedBatch; failure: KafkaFailure }[] {
  const definite = failure.kind === 'record' || isAlreadyThere(failure.code)
  const lasting = group.failures >= 2 && (failure.kind === 'retriable' || failure.kind === 'topic')
  if (hasOnePartition(group) || !(definite || lasting)) return [{ batch: group, failure }]
  const vague: KafkaFailure = definite ? { ...failure, kind: 'retriable' } : failure
  return splitBy(group, (partition) => partition).map((batch) => ({ batch, failure: vague }))
}

const toMessage = (
  record: PartitionedBatch['records'][number],
  partition: number,
  expectedLeader: number,
): GuardedMessage => ({
  key: record.key,
  value: record.value,
  headers: record.headers,
  timestamp: String(record.timestampMs),
  partition,
  expectedLeader,
})

const SEND_TIMEOUT = 'SendTimeout'

/** kafkajs bounds each of its requests; this bounds the whole call, should one of its promises never settle. */
async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`kafkajs did not answer within ${timeoutMs} ms`)
      error.name = SEND_TIMEOUT
      reject(error)
    }, timeoutMs)
  })
  try {
    return await Promise.race([promise, expiry])
  } finally {
    clearTimeout(timer)
  }
}
