import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { KafkaClientConfig } from './client-config.ts'
import { isKafkasWord } from './error-kinds.ts'
import type { KafkaFailure } from './kafka-driver.ts'
import { createKafkaJsClient } from './kafkajs-client.ts'
import { createKafkaJsCluster, type KafkaJsCluster } from './kafkajs-cluster.ts'
import { sortKafkaJsError } from './kafkajs-errors.ts'
import { fetchRound, type Reading } from './kafkajs-fetch.ts'
import { commitTo, committedOf, edgeOf, partitionsOf, requireNoMembers } from './kafkajs-offsets.ts'
import { KafkaReadError, type ReadBatch, type ReadRequest, type RecordReader } from './record-reader.ts'

/** A broker that was there is waited for so long, e.g. over its restart. */
const PATIENCE_MS = 30_000
const RETRY_AFTER_MS = 500
/** What a stop waits for answers that are under way. */
const STOP_MS = 500

/** Failures of kafkajs's own that new metadata cure. */
const PASSING: ReadonlySet<string> = new Set([
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
])

/** Reads through kafkajs, below its consumer; see `kafkajs-cluster.ts` for why. */
export function createKafkaJsReader(config: KafkaClientConfig, deps: { readonly log: Logger }): RecordReader {
  const kafka = createKafkaJsClient(config, deps.log)
  let connecting: Promise<KafkaJsCluster> | null = null
  let stopped = false

  async function connect(topic: string): Promise<KafkaJsCluster> {
    const cluster = createKafkaJsCluster(kafka)
    try {
      await cluster.connect()
      await cluster.addTargetTopic(topic)
      return cluster
    } catch (error) {
      await cluster.disconnect().catch(() => {})
      throw error
    }
  }

  /** After a failure the connections are made anew: kafkajs does not always recover by itself. */
  async function withCluster<T>(topic: string, use: (cluster: KafkaJsCluster) => Promise<T>): Promise<T> {
    connecting ??= connect(topic)
    const mine = connecting
    try {
      return await use(await mine)
    } catch (error) {
      if (connecting === mine) connecting = null
      void mine.then((cluster) => cluster.disconnect()).catch(() => {})
      throw error instanceof KafkaReadError ? error : new KafkaReadError(sortKafkaJsError(error), error)
    }
  }

  /** Tries again what fails in passing, with patience. */
  async function patiently<T>(
    signal: AbortSignal | undefined,
    attempt: () => Promise<T>,
    passes = passesInTime,
  ): Promise<T> {
    const giveUpAt = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof KafkaReadError) || stopped || signal?.aborted) throw error
        if (!passes(error.failure) || performance.now() > giveUpAt) throw error
        deps.log.debug({ code: error.failure.code }, 'reading is tried again')
        await sleep(RETRY_AFTER_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {})
      }
    }
  }

  async function* read(request: ReadRequest): AsyncGenerator<ReadBatch, void, void> {
    const { topic, signal, onStart } = request
    const reading = await untilAborted(
      signal,
      patiently(signal, () => withCluster(topic, (cluster) => begin(cluster, request)), passesAtStart),
    )
    if (reading === undefined) return
    onStart?.()
    let progressAt = performance.now()
    while (!signal.aborted && !isOver(reading)) {
      const round = patiently(signal, () =>
        withCluster(topic, async (cluster) => {
          await cluster.refreshMetadataIfNecessary()
          if (reading.end === null) await adoptNewPartitions(cluster, reading)
          return fetchRound(cluster, reading)
        }),
      )
      for (const { batch, next } of (await untilAborted(signal, round)) ?? []) {
        if (next !== reading.next.get(batch.partition)) progressAt = Number.POSITIVE_INFINITY
        reading.next.set(batch.partition, next)
        if (batch.records.length > 0) yield batch
        if (signal.aborted) return
      }
      if (progressAt === Number.POSITIVE_INFINITY) progressAt = performance.now()
      if (reading.end !== null && performance.now() - progressAt > PATIENCE_MS)
        throw new KafkaReadError(NO_END)
    }
  }

  return {
    read,
    commit: (group, topic, partition, next) =>
      patiently(undefined, () =>
        withCluster(topic, (cluster) => commitTo(cluster, group, topic, new Map([[partition, next]]))),
      ),
    async stop() {
      stopped = true
      const mine = connecting
      connecting = null
      const closed = mine?.then((cluster) => cluster.disconnect()).catch(() => {})
      // kafkajs waits for the answers to its requests; a broker that is stuck gives none.
      if (closed !== undefined) await Promise.race([closed, sleep(STOP_MS)])
    },
  }
}

/** Records that were there when the reading began are gone, or not readable any more. */
const NO_END: KafkaFailure = {
  kind: 'retriable',
  code: 'EndNotReached',
  message: `the end of the topic as it was at the start was not reached: nothing could be read for ${PATIENCE_MS / 1000} s`,
}

/** Finds where to begin and, if it is to end, where. */
async function begin(
  cluster: KafkaJsCluster,
  { topic, from, group, alsoPassedBy = [], toEnd }: ReadRequest,
): Promise<Reading> {
  const low = await edgeOf(cluster, topic, 'earliest')
  const high = await edgeOf(cluster, topic, 'latest')
  const next = new Map(from === 'earliest' ? low : high)
  if (group !== undefined) {
    await requireNoMembers(cluster, group)
    const committed = await committedOf(cluster, group, topic)
    const fresh = new Map([...next].filter(([partition]) => !committed.has(partition)))
    if (from === 'latest' && fresh.size > 0) await commitTo(cluster, group, topic, fresh)
    const others = await Promise.all(alsoPassedBy.map((other) => committedOf(cluster, other, topic)))
    for (const [partition, lowest] of low) {
      const passed = [committed, ...others].map((offsets) => offsets.get(partition) ?? -1)
      const furthest = Math.max(...passed)
      // Beyond the end: the topic was made anew, and all of it is unread.
      if (furthest > (high.get(partition) ?? 0)) next.set(partition, lowest)
      else if (furthest >= 0) next.set(partition, Math.max(furthest, lowest))
    }
  }
  return { topic, next, end: toEnd ? high : null, silent: new Set() }
}

const isOver = ({ next, end }: Reading): boolean =>
  end !== null && [...end].every(([partition, offset]) => (next.get(partition) ?? 0) >= offset)

/** A partition that was added while we read is read from its beginning: all of it is new. */
async function adoptNewPartitions(cluster: KafkaJsCluster, { topic, next }: Reading): Promise<void> {
  const added = partitionsOf(cluster, topic).filter((partition) => !next.has(partition))
  if (added.length === 0) return
  for (const [partition, offset] of await edgeOf(cluster, topic, 'earliest', added)) {
    next.set(partition, offset)
  }
}

/** At the start nobody is waited for, and a topic that is unknown is unknown; but a coordinator may still be loading. */
const passesAtStart = (failure: KafkaFailure): boolean =>
  failure.kind === 'retriable' && passesInTime(failure)

/** Whether waiting helps. A topic that was there may look unknown while a broker starts. */
function passesInTime({ kind, code }: KafkaFailure): boolean {
  if (kind === 'connection') return true
  if (kind === 'cluster') return false
  return isKafkasWord(code) ? !FINAL.has(code) : PASSING.has(code)
}

/** What waiting does not change. */
const FINAL: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INVALID_GROUP_ID',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'CORRUPT_MESSAGE',
])

/** What the promise gives; undefined as soon as the signal comes, when its failure no longer matters. */
async function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  if (signal.aborted) {
    promise.catch(() => {})
    return undefined
  }
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const onAbort = () => resolve(undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    promise.catch(() => {})
    signal.removeEventListener('abort', onAbort)
  }
}
