import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerAddress, BrokerLink, ProducerId } from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'
import type { KafkaFailure } from './kafka-driver.ts'
import { failureOfCode, sortPlatformaticError } from './platformatic-errors.ts'
import { createPlatformaticLinks } from './platformatic-links.ts'
import type { TopicView } from './topic-view.ts'

/** What is to be known of the cluster, asked over connections of its own, so that no batch stands in the way. */
export interface PlatformaticCluster {
  /** Rejects with a RefusedError when Kafka refuses the topic, and with the library's error when nobody answers. */
  topic(name: string): Promise<TopicView>
  /** Rejects when no broker answers, or the one that does is not in service yet: it then knows of none. */
  ping(): Promise<void>
  newProducerId(): Promise<ProducerId>
  /** Where a node listens, as last heard. */
  addressOf(node: number): BrokerAddress | undefined
  stop(): void
}

/** What a broker says that has only just started: it will have producer ids in a moment. */
const STARTING: ReadonlySet<string> = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE'])
const ID_ATTEMPTS = 20
const ID_PAUSE_MS = 100

/** Kafka answered, and said no. */
export class RefusedError extends Error {
  readonly failure: KafkaFailure

  constructor(about: string, code: string) {
    super(`${about}: ${code}`)
    this.failure = failureOfCode(code, this.message)
  }
}

/** `config.requestTimeoutMs` bounds each question. */
export function createPlatformaticCluster(config: KafkaClientConfig): PlatformaticCluster {
  const links = createPlatformaticLinks(config)
  const seeds = config.brokers.map(addressIn)
  let brokers: ReadonlyMap<number, BrokerAddress> = new Map()

  /** The seeds last: they may be load balancers, or gone since. */
  const anyLink = (): Promise<BrokerLink> => links.toAnyOf([...brokers.values(), ...seeds])

  async function ask(topic: string | null) {
    const answer = await (await anyLink()).describe(topic)
    if (answer.brokers.size > 0) brokers = answer.brokers
    return answer
  }

  return {
    async topic(name) {
      const { topic } = await ask(name)
      if (topic === null || topic.leaders.length === 0 || topic.error !== null) {
        throw new RefusedError(`Kafka topic "${name}"`, topic?.error ?? 'UNKNOWN_TOPIC_OR_PARTITION')
      }
      return { partitions: topic.leaders.length, leaders: topic.leaders }
    },
    async ping() {
      const answer = await ask(null)
      if (answer.brokers.size === 0) throw new RefusedError('Kafka cluster', 'BROKER_NOT_AVAILABLE')
    },
    async newProducerId() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await (await anyLink()).newProducerId()
        } catch (error) {
          if (attempt === ID_ATTEMPTS || !STARTING.has(sortPlatformaticError(error).code)) throw error
          await sleep(ID_PAUSE_MS)
        }
      }
    },
    addressOf: (node) => brokers.get(node),
    stop: () => links.stop(),
  }
}

/** Of `host:port`; an IPv6 address stands in brackets. */
function addressIn(broker: string): BrokerAddress {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) }
}
