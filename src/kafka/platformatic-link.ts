import { isIP } from 'node:net'
import {
  apiVersionsV3,
  Connection,
  type ConnectionOptions,
  crc32c,
  type metadataV12,
  type produceV11,
  protocolErrorsCodesById,
  type SASLOptions,
  Writer,
} from '@platformatic/kafka'
import type { BrokerAddress, BrokerLink, ClusterAnswer, LinkSession, PartitionAnswer } from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'
import { looksLikeTls, tlsNeeded } from './error-security.ts'
import { type Apis, chooseApis, type ProduceApi } from './platformatic-apis.ts'
import { platformaticLogin } from './platformatic-login.ts'
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
  let session: LinkSession | null = null
  const onSession = (lifeMs: number) => {
    const now = performance.now()
    if (lifeMs > 0) session = { renewAtMs: now + RENEW_AFTER * lifeMs, endsAtMs: now + ENDS_AFTER * lifeMs }
  }
  const sasl = config.sasl === null ? null : await platformaticLogin(config.sasl, onSession)
  const connection = new Connection(config.clientId, connectionOptions(address, config, sasl))
  // A connection tells by an event why it broke, and its calls only that it did. Without a listener the event would end the process.
  const broken: unknown[] = []
  connection.on('error', (error) => broken.push(error))
  try {
    const connected = connection.connect(address.host, address.port)
    // The library tells so, but not while it logs in.
    if (config.tls === null) {
      connection.socket?.once('data', (chunk: Buffer) => {
        if (looksLikeTls(chunk)) broken.push(tlsNeeded())
      })
    }
    await connected
    const { apiKeys } = await apiVersionsV3.api.async(connection, 'exhook-kafka', '1')
    return createLink(connection, config, chooseApis(apiKeys), { session, broken })
  } catch (error) {
    connection.socket?.destroy()
    throw withReason(error, broken)
  }
}

/** What is left of a session's life, so that requests under way and a slow login find their end in it. */
const RENEW_AFTER = 0.8
const ENDS_AFTER = 0.95
/** Who has just got hold of a link will have used it by then. */
const RETIRE_AFTER_MS = 500

function withReason(error: unknown, broken: readonly unknown[]): unknown {
  const reasons = broken.filter((reason) => reason !== error)
  if (reasons.length === 0) return error
  return new AggregateError([error, ...reasons], error instanceof Error ? error.message : String(error))
}

interface LinkState {
  readonly session: LinkSession | null
  /** Errors of the connection itself. */
  readonly broken: readonly unknown[]
}

function createLink(
  connection: Connection,
  config: KafkaClientConfig,
  apis: Apis,
  { session, broken }: LinkState,
): BrokerLink {
  let underWay = 0
  let retired = false

  const close = () => connection.socket?.destroy()

  /** A call that is counted, and that fails with the reason why the connection broke. */
  async function call<T>(use: () => Promise<T>): Promise<T> {
    underWay++
    try {
      return await use()
    } catch (error) {
      throw withReason(error, broken)
    } finally {
      underWay--
      if (retired && underWay === 0) close()
    }
  }

  const calls: Pick<BrokerLink, 'describe' | 'newProducerId' | 'produce'> = {
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
  }

  return {
    get closed() {
      return !connection.isConnected()
    },
    session,
    describe: (topic) => call(() => calls.describe(topic)),
    newProducerId: () => call(() => calls.newProducerId()),
    produce: (producer, topic, parts) => call(() => calls.produce(producer, topic, parts)),
    retire() {
      setTimeout(() => {
        retired = true
        if (underWay === 0) close()
      }, RETIRE_AFTER_MS).unref()
    },
    close,
  }
}

function connectionOptions(
  { host }: BrokerAddress,
  config: KafkaClientConfig,
  sasl: SASLOptions | null,
): ConnectionOptions {
  const { tls } = config
  // A name only: an address is no name to ask for (RFC 6066), and is compared with the certificate all the same.
  const serverName = tls?.serverName ?? (isIP(host) === 0 ? host : null)
  return {
    connectTimeout: config.connectionTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    ...(tls !== null && { tls: { secureContext: tls.context() } }),
    ...(tls !== null && serverName !== null && { tlsServerName: serverName }),
    ...(sasl !== null && { sasl }),
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
