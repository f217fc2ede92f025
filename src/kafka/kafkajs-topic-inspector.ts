import { createRequire } from 'node:module'
import type { Logger } from 'pino'
import type { KafkaClientConfig } from './client-config.ts'
import { kindOfCode } from './error-kinds.ts'
import type { KafkaFailure } from './kafka-driver.ts'
import { type DirectBroker, withBroker } from './kafkajs-direct.ts'
import { sortKafkaJsError } from './kafkajs-errors.ts'
import {
  MAY_DESCRIBE,
  MAY_DESCRIBE_CONFIGS,
  MAY_WRITE,
  METADATA_API_KEY,
  METADATA_VERSIONS,
  type Metadata,
  metadataRequest,
  type TopicMetadata,
} from './metadata-request.ts'
import type { TopicInspector, TopicReport, TopicSpec } from './topic-inspector.ts'

/** Nobody waits for an answer, but a look that hangs finds nothing out. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long the controller may take to make the topics. */
const CREATE_TIMEOUT_MS = 5_000

/** Kafka's number for a topic among the resources that have a configuration. */
const TOPIC_RESOURCE = 2
const LIMIT = 'max.message.bytes'

const ALREADY_THERE = 'TOPIC_ALREADY_EXISTS'

/** Looks by kafkajs's connections, whichever driver sends the records: kafkajs is loaded anyway, and it is not for long. */
export function createKafkaJsTopicInspector(config: KafkaClientConfig, log: Logger): TopicInspector {
  const hasty = { ...config, requestTimeoutMs: Math.min(config.requestTimeoutMs, REQUEST_TIMEOUT_MS) }

  return {
    async inspect(topics) {
      try {
        return { reports: await withBroker(hasty, log, (broker) => look(broker, topics)), failure: null }
      } catch (error) {
        return { reports: [], failure: sortKafkaJsError(error) }
      }
    },
    async create(topics, spec) {
      try {
        return { ...(await withBroker(hasty, log, (broker) => make(broker, topics, spec))), failure: null }
      } catch (error) {
        return { created: [], refused: new Map(), failure: sortKafkaJsError(error) }
      }
    },
  }
}

async function look(broker: DirectBroker, topics: readonly string[]): Promise<TopicReport[]> {
  const found = new Map((await askMetadata(broker, topics)).topics.map((one) => [one.topic, one]))
  const limits = await askLimits(broker, [...found.values()])
  return topics.map((topic) => {
    const { errorCode, operations, partitions, leaderless } = found.get(topic) ?? UNANSWERED
    return {
      topic,
      error: errorCode === 0 ? null : nameOf(errorCode),
      partitions,
      leaderless,
      mayWrite: mayWrite(operations),
      maxMessageBytes: limits.get(topic) ?? null,
    }
  })
}

/** A broker that shows a topic and says that we may not see it does not know our rights. */
function mayWrite(operations: number | null): boolean | null {
  if (operations === null || (operations & MAY_DESCRIBE) === 0) return null
  return (operations & MAY_WRITE) !== 0
}

/** Kafka answers for each topic; this is for one that does not: UNKNOWN_SERVER_ERROR. */
const UNANSWERED = {
  errorCode: -1,
  errorMessage: null,
  operations: null,
  partitions: 0,
  leaderless: [],
} as const

/** @throws when the broker is too old, or too new, for the versions spoken here. */
function askMetadata(broker: DirectBroker, topics: readonly string[]): Promise<Metadata> {
  const { minVersion = 0, maxVersion = -1 } = broker.versions[METADATA_API_KEY] ?? {}
  const version = METADATA_VERSIONS.find((one) => one >= minVersion && one <= maxVersion)
  if (version === undefined) throw new UnsupportedBrokerError(minVersion, maxVersion)
  return broker.send(metadataRequest(topics, version))
}

/** `max.message.bytes` of the topics whose configuration we may see; what cannot be read is left out. */
async function askLimits(
  broker: DirectBroker,
  topics: readonly TopicMetadata[],
): Promise<ReadonlyMap<string, number>> {
  const open = topics.filter(({ operations }) => ((operations ?? 0) & MAY_DESCRIBE_CONFIGS) !== 0)
  if (open.length === 0) return new Map()
  const resources = open.map(({ topic }) => ({ type: TOPIC_RESOURCE, name: topic, configNames: [LIMIT] }))
  const answer = await broker.ask('DescribeConfigs', { resources })
  return new Map(
    answer.resources.flatMap(({ resourceName, configEntries }) => {
      const limit = Number(configEntries.find(({ configName }) => configName === LIMIT)?.configValue)
      return Number.isSafeInteger(limit) ? [[resourceName, limit] as const] : []
    }),
  )
}

/** Before KRaft only the controller makes topics; after it any broker does, and Metadata names one as the controller. */
async function make(
  broker: DirectBroker,
  topics: readonly string[],
  spec: TopicSpec,
): Promise<{ readonly created: readonly string[]; readonly refused: ReadonlyMap<string, KafkaFailure> }> {
  const { brokers, controllerId } = await askMetadata(broker, [])
  const ask = (controller: DirectBroker) =>
    controller.ask('CreateTopics', {
      topics: topics.map((topic) => toNewTopic(topic, spec)),
      timeout: CREATE_TIMEOUT_MS,
    })
  const controller = brokers.get(controllerId)
  const { topicErrors } = await (controller === undefined ? ask(broker) : broker.connectTo(controller, ask))
  const answers = new Map(topicErrors.map((one) => [one.topic, one]))
  const refusals = topics.flatMap((topic) => {
    const { errorCode, errorMessage } = answers.get(topic) ?? UNANSWERED
    return errorCode === 0 ? [] : [[topic, failureOf(errorCode, errorMessage)] as const]
  })
  return {
    created: topics.filter((topic) => answers.get(topic)?.errorCode === 0),
    refused: new Map(refusals.filter(([, { code }]) => code !== ALREADY_THERE)),
  }
}

/** Kafka takes -1 for its own default. */
const toNewTopic = (topic: string, { partitions, replication, config }: TopicSpec) => ({
  topic,
  numPartitions: partitions ?? -1,
  replicationFactor: replication ?? -1,
  configEntries: config.map((setting) => {
    const at = setting.indexOf('=')
    return { name: setting.slice(0, at), value: setting.slice(at + 1) }
  }),
})

function failureOf(errorCode: number, message: string | null | undefined): KafkaFailure {
  const error = kafkaJsError(errorCode)
  return { kind: kindOfCode(error.type), code: error.type, message: message || error.message }
}

const nameOf = (errorCode: number): string => kafkaJsError(errorCode).type

type ErrorOfCode = (code: number) => { readonly type: string; readonly message: string }

let errorOfCode: ErrorOfCode | undefined

/** Kafka's name of an error, from kafkajs's table. */
function kafkaJsError(code: number): ReturnType<ErrorOfCode> {
  errorOfCode ??= (
    createRequire(import.meta.url)('kafkajs/src/protocol/error') as { createErrorFromCode: ErrorOfCode }
  ).createErrorFromCode
  return errorOfCode(code)
}

/** Sorted as the cluster's own fault (`kafkajs-errors.ts`). */
class UnsupportedBrokerError extends Error {
  constructor(minVersion: number, maxVersion: number) {
    super(`the broker speaks Metadata in versions ${minVersion} to ${maxVersion}, we in ${METADATA_VERSIONS}`)
    this.name = 'KafkaJSServerDoesNotSupportApiKey'
  }
}
