import { createRequire } from 'node:module'
import type { Logger } from 'pino'
import type { KafkaClientConfig } from './client-config.ts'
import { createKafkaJsClient, type KafkaJs } from './kafkajs-client.ts'
import { createKafkaJsCluster } from './kafkajs-cluster.ts'
import type { RawRequest } from './metadata-request.ts'

/** The requests of kafkajs's own that are made here, and what their answers hold, errors of single topics included. */
interface Requests {
  readonly CreateTopics: {
    readonly asked: {
      readonly topics: readonly {
        readonly topic: string
        readonly numPartitions: number
        readonly replicationFactor: number
        readonly configEntries: readonly { readonly name: string; readonly value: string }[]
      }[]
      /** How long the broker may take, in ms. */
      readonly timeout: number
    }
    readonly answer: {
      readonly topicErrors: readonly {
        readonly topic: string
        readonly errorCode: number
        readonly errorMessage?: string | null
      }[]
    }
  }
  readonly DescribeConfigs: {
    readonly asked: {
      readonly resources: readonly {
        readonly type: number
        readonly name: string
        readonly configNames: readonly string[]
      }[]
    }
    readonly answer: {
      readonly resources: readonly {
        readonly resourceName: string
        readonly configEntries: readonly {
          readonly configName: string
          readonly configValue: string | null
        }[]
      }[]
    }
  }
}

/**
 * One broker, asked directly: kafkajs's connection and requests, without its retries and without its habit of making an
 * error of one topic the error of all, with Kafka's own words lost.
 */
export interface DirectBroker {
  /** The versions of each request that the broker speaks, by the request's key. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>
  /** Sends a request of our own making. Rejects with kafkajs's error when there is no answer. */
  send<T>(raw: RawRequest<T>): Promise<T>
  /** Sends one of kafkajs's requests, in the newest version that both sides speak. */
  ask<Name extends keyof Requests>(
    name: Name,
    asked: Requests[Name]['asked'],
  ): Promise<Requests[Name]['answer']>
  /** A connection of its own to another broker of the cluster. */
  connectTo<T>(
    address: { readonly host: string; readonly port: number },
    use: (broker: DirectBroker) => Promise<T>,
  ): Promise<T>
}

/** Connects to the first of the brokers that answers, and closes every connection afterwards, whatever happens. */
export async function withBroker<T>(
  config: KafkaClientConfig,
  log: Logger,
  use: (broker: DirectBroker) => Promise<T>,
): Promise<T> {
  const cluster = openCluster(createKafkaJsClient(config, log))
  try {
    await cluster.connect()
    return await use(direct(cluster, cluster.brokerPool.seedBroker))
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}

/** What there is of kafkajs 2.2.4's cluster and broker below its public interface. */
interface OpenCluster {
  readonly brokerPool: {
    readonly seedBroker: OpenBroker
    createBroker(options: { readonly logger: unknown; readonly connectionPool: unknown }): OpenBroker
  }
  readonly connectionPoolBuilder: { build(address: { host: string; port: number }): Promise<unknown> }
  readonly rootLogger: unknown
  connect(): Promise<void>
  disconnect(): Promise<void>
}

interface OpenBroker {
  /** null: not asked for yet. */
  readonly versions: DirectBroker['versions'] | null
  readonly connectionPool: { send<T>(raw: RawRequest<T>): Promise<T> }
  readonly lookupRequest: (apiKey: number, request: unknown) => (asked: unknown) => RawRequest<unknown>
  connect(): Promise<void>
  disconnect(): Promise<void>
}

const openCluster = (kafka: KafkaJs): OpenCluster => createKafkaJsCluster(kafka) as unknown as OpenCluster

/** @throws when kafkajs takes the broker for connected, as the connection is open, though its first request had no answer. */
function direct(cluster: OpenCluster, broker: OpenBroker): DirectBroker {
  const { versions } = broker
  if (versions === null) throw new Error('Broker not connected') // kafkajs's own words, for `kafkajs-errors.ts`
  return {
    versions,
    send: (raw) => broker.connectionPool.send(raw),
    async ask(name, asked) {
      const { apiKeys, requests } = kafkaJsRequests()
      const { request, response } = broker.lookupRequest(apiKeys[name], requests[name])(asked)
      // kafkajs's own `parse` throws the first error of the answer.
      const parse = async (answer: unknown) => answer
      return (await broker.connectionPool.send({ request, response: { ...response, parse } })) as never
    },
    async connectTo(address, use) {
      const connectionPool = await cluster.connectionPoolBuilder.build(address)
      const other = cluster.brokerPool.createBroker({ logger: cluster.rootLogger, connectionPool })
      try {
        await other.connect()
        return await use(direct(cluster, other))
      } finally {
        await other.disconnect().catch(() => {})
      }
    },
  }
}

interface KafkaJsRequests {
  readonly apiKeys: Readonly<Record<keyof Requests, number>>
  readonly requests: Readonly<Record<keyof Requests, unknown>>
}

let loaded: KafkaJsRequests | undefined

function kafkaJsRequests(): KafkaJsRequests {
  const require = createRequire(import.meta.url)
  loaded ??= {
    apiKeys: require('kafkajs/src/protocol/requests/apiKeys') as KafkaJsRequests['apiKeys'],
    requests: (require('kafkajs/src/protocol/requests') as Pick<KafkaJsRequests, 'requests'>).requests,
  }
  return loaded
}
