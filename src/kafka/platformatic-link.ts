import {
  type API,
  apiVersionsV3,
  Connection,
  type ConnectionOptions,
  initProducerIdV1,
  initProducerIdV2,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  type MessageRecord,
  metadataV4,
  metadataV5,
  metadataV6,
  metadataV7,
  metadataV8,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  NumericMap,
  produceV3,
  produceV4,
  produceV5,
  produceV6,
  produceV7,
  produceV8,
  produceV9,
  produceV10,
  produceV11,
  protocolErrorsCodesById,
  type SASLMechanismValue,
} from '@platformatic/kafka'
import type {
  BrokerAddress,
  BrokerLink,
  ClusterAnswer,
  NumberedPart,
  PartitionAnswer,
} from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'

/** The requests that the driver makes, each in the versions that the library speaks, the newest first. */
const PRODUCE = [
  produceV11,
  produceV10,
  produceV9,
  produceV8,
  produceV7,
  produceV6,
  produceV5,
  produceV4,
  produceV3,
].map(({ api }) => api as typeof produceV11.api)
const METADATA = [
  metadataV12,
  metadataV11,
  metadataV10,
  metadataV9,
  metadataV8,
  metadataV7,
  metadataV6,
  metadataV5,
  metadataV4,
].map(({ api }) => api as typeof metadataV12.api)
const INIT_PRODUCER_ID = [
  initProducerIdV5,
  initProducerIdV4,
  initProducerIdV3,
  initProducerIdV2,
  initProducerIdV1,
].map(({ api }) => api as typeof initProducerIdV5.api)

const ALL_REPLICAS = -1

/**
 * Connects to a broker, logs in and agrees on the versions of requests. The library's own producer is not used: it
 * numbers a batch anew when it is sent again after a failure, and replaces its producer id without a word. Its
 * connection, its requests and its record batches are, and the numbers are ours (`producer-sequences.ts`).
 * Rejects with the library's error.
 */
export async function openPlatformaticLink(
  address: BrokerAddress,
  config: KafkaClientConfig,
): Promise<BrokerLink> {
  const connection = new Connection(config.clientId, connectionOptions(config))
  // A connection tells of an error also by an event, which without a listener would end the process.
  connection.on('error', () => {})
  try {
    await connection.connect(address.host, address.port)
    const { apiKeys } = await apiVersionsV3.api.async(connection, 'exhook-kafka', '1')
    const spoken = new Map(apiKeys.map((range) => [range.apiKey, range]))
    return createLink(connection, config, {
      produce: newestOf(PRODUCE, spoken),
      metadata: newestOf(METADATA, spoken),
      initProducerId: newestOf(INIT_PRODUCER_ID, spoken),
    })
  } catch (error) {
    connection.socket?.destroy()
    throw error
  }
}

interface Apis {
  readonly produce: typeof produceV11.api
  readonly metadata: typeof metadataV12.api
  readonly initProducerId: typeof initProducerIdV5.api
}

function createLink(connection: Connection, config: KafkaClientConfig, apis: Apis): BrokerLink {
  return {
    get closed() {
      return !connection.isConnected()
    },
    async describe(topic) {
      // Kafka's answer is wanted also where the library takes an error in it for a failure of the whole.
      const answer = await answerOf(
        apis.metadata.async(connection, topic === null ? [] : [topic], false),
        isMetadata,
      )
      const brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
      return { brokers, topic: topic === null ? null : topicIn(answer, topic) }
    },
    async newProducerId() {
      const { producerId, producerEpoch } = await apis.initProducerId.async(connection, null, 0)
      return { id: producerId, epoch: producerEpoch }
    },
    async produce(producer, topic, parts) {
      const sequences = new NumericMap(
        parts.map(({ partition, firstSequence }) => [`${topic}:${partition}`, firstSequence]),
      )
      const answer = await answerOf(
        apis.produce.async(connection, ALL_REPLICAS, config.requestTimeoutMs, messagesOf(topic, parts), {
          compression: config.compression,
          producerId: producer.id,
          producerEpoch: producer.epoch,
          sequences,
        }),
        isProduced,
      )
      return answer.responses.flatMap(({ partitionResponses }) => partitionResponses.map(partitionAnswer))
    },
    close() {
      connection.socket?.destroy()
    },
  }
}

function connectionOptions(config: KafkaClientConfig): ConnectionOptions {
  const { tls, sasl } = config
  return {
    connectTimeout: config.connectionTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    ...(tls !== null && { tls: { ...tls }, tlsServerName: true }),
    ...(sasl !== null && {
      sasl: { ...sasl, mechanism: sasl.mechanism.toUpperCase() as SASLMechanismValue },
    }),
  }
}

/** Rejects where the broker is too old for all of them, which the broker's own answer then says. */
function newestOf<T extends API<never, unknown>>(
  apis: readonly T[],
  spoken: ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>,
): T {
  const range = spoken.get(apis[0]?.key ?? -1)
  const found = apis.find(
    ({ version }) => range !== undefined && version >= range.minVersion && version <= range.maxVersion,
  )
  if (found === undefined) throw new UnsupportedBrokerError(apis[0]?.key ?? -1)
  return found
}

/** Sorted as the cluster's own fault (`platformatic-errors.ts`). */
class UnsupportedBrokerError extends Error {
  readonly code = 'PLT_KFK_UNSUPPORTED_API'

  constructor(apiKey: number) {
    super(`the broker and this client have no version of request ${apiKey} in common`)
  }
}

const messagesOf = (topic: string, parts: readonly NumberedPart[]): MessageRecord[] =>
  parts.flatMap(({ partition, records }) =>
    records.map(({ key, value, headers, timestampMs }) => ({
      topic,
      partition,
      value,
      timestamp: BigInt(timestampMs),
      ...(key !== null && { key }),
      headers: new Map(
        Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
      ),
    })),
  )

type Metadata = Awaited<ReturnType<typeof metadataV12.api.async>>
type Produced = Exclude<Awaited<ReturnType<typeof produceV11.api.async>>, boolean>

const isMetadata = (answer: unknown): answer is Metadata =>
  typeof answer === 'object' && answer !== null && 'topics' in answer
const isProduced = (answer: unknown): answer is Produced =>
  typeof answer === 'object' && answer !== null && 'responses' in answer

/** The broker's answer, which the library hangs on the error when there is an error code anywhere in it. */
async function answerOf<T>(call: Promise<unknown>, is: (answer: unknown) => answer is T): Promise<T> {
  try {
    const answer = await call
    if (is(answer)) return answer
    throw new Error('the broker answered something else')
  } catch (error) {
    const answer = (error as { readonly response?: unknown }).response
    if (is(answer)) return answer
    throw error
  }
}

const nameOf = (errorCode: number): string | null =>
  errorCode === 0 ? null : (protocolErrorsCodesById[errorCode] ?? `ERROR_${errorCode}`)

function topicIn(answer: Metadata, topic: string): ClusterAnswer['topic'] {
  const found = answer.topics.find(({ name }) => name === topic)
  if (found === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', leaders: [] }
  const leaders: number[] = Array.from({ length: found.partitions.length }, () => -1)
  for (const { partitionIndex, leaderId } of found.partitions) leaders[partitionIndex] = leaderId
  return { error: nameOf(found.errorCode), leaders }
}

const partitionAnswer = ({
  index,
  errorCode,
  ...more
}: Produced['responses'][number]['partitionResponses'][number]): PartitionAnswer => ({
  partition: index,
  error: nameOf(errorCode),
  message: more.errorMessage ?? '',
})
