import {
  apiVersionsV3,
  Connection,
  type ConnectionOptions,
  crc32c,
  type metadataV12,
  type produceV11,
  protocolErrorsCodesById,
  type SASLMechanismValue,
  Writer,
} from '@platformatic/kafka'
import type { BrokerAddress, BrokerLink, ClusterAnswer, PartitionAnswer } from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'
import { type Apis, chooseApis, type ProduceApi } from './platformatic-apis.ts'
import { type EncodedPart, FIRST_FLEXIBLE_VERSION, produceRequest } from './produce-request.ts'
import { encodeRecordBatch } from './record-batch.ts'

/**
 * Connects to a broker, logs in and agrees on the versions of requests. The library's own producer is not used: it
 * numbers a batch anew when it is sent again after a failure, and replaces its producer id without a word. Its
 * connection and its requests are; the record batches and their numbers are ours (`producer-sequences.ts`).
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
    return createLink(connection, config, chooseApis(apiKeys))
  } catch (error) {
    connection.socket?.destroy()
    throw error
  }
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
      const options = { producer, compression: config.compression, crc32c: crcOf }
      const encoded = await Promise.all(
        parts.map(async (part) => ({
          partition: part.partition,
          batch: await encodeRecordBatch(part, options),
        })),
      )
      const answer = await answerOf(callProduce(connection, apis.produce, config, topic, encoded), isProduced)
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

/** Sends the request that we encoded, and lets the library read the answer. */
function callProduce(
  connection: Connection,
  { api, parseResponse }: ProduceApi,
  config: KafkaClientConfig,
  topic: string,
  parts: readonly EncodedPart[],
): Promise<unknown> {
  const { key, version } = api
  const flexible = version >= FIRST_FLEXIBLE_VERSION
  const payload = () => produceRequest(version, config.requestTimeoutMs, topic, parts)
  return new Promise((resolve, reject) => {
    connection.send(key, version, payload, parseResponse, flexible, flexible, (error, answer) => {
      if (error) reject(error)
      else resolve(answer)
    })
  })
}

/** Of a buffer as it is: given a plain one, the library would copy it first. */
const crcOf = (bytes: Buffer): number => crc32c(Writer.create().append(bytes).dynamicBuffer)

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
