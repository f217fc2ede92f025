import type { Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { createDoubtfulParts, type DoubtfulParts } from './doubtful-parts.ts'
import type { KafkaJs } from './kafkajs-client.ts'
import type { KafkaJsSockets } from './kafkajs-sockets.ts'
import { createLeaderGuard } from './leader-guard.ts'

/** One producer with one producer id, from its connection to its replacement. */
export interface ProducerLife {
  readonly producer: Producer
  /** The topics it has met, and asks for together from then on. */
  readonly met: Set<string>
  /** What it has sent without an answer; a new producer id has no doubts. */
  readonly doubts: DoubtfulParts
  /** Calls under way. */
  busy: number
  retired: boolean
}

/** The one idempotent producer, and its replacement when it can no longer be used. */
export interface KafkaJsProducers {
  /** The producer in use, connected. Rejects when it cannot connect; the next call tries again. */
  current(): Promise<ProducerLife>
  /** Takes a producer out of use, once; calls under way on it come to their end. The next `current` makes another. */
  retire(life: ProducerLife, why: string): void
  /** To be called when a call under way ended. */
  ended(life: ProducerLife): void
  stop(): Promise<void>
}

export interface ProducersDeps {
  readonly log: Logger
  /** A new producer id: what was under way may be in Kafka twice. */
  readonly onRenewal: () => void
  /** Those of the client. */
  readonly sockets: KafkaJsSockets
}

export function createKafkaJsProducers(kafka: KafkaJs, deps: ProducersDeps): KafkaJsProducers {
  let connecting: Promise<ProducerLife> | null = null
  let life: ProducerLife | null = null

  async function connect(): Promise<ProducerLife> {
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: createLeaderGuard,
      // One more try after metadata were read again; all other retries are delivery/'s.
      retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 100 },
    })
    producer.on(producer.events.REQUEST_TIMEOUT, ({ payload }) => deps.sockets.drop(payload.broker))
    try {
      await producer.connect()
    } catch (error) {
      // kafkajs would now send without a producer id, so without its promise: this one is thrown away.
      await close(producer)
      throw error
    }
    life = { producer, met: new Set(), doubts: createDoubtfulParts(), busy: 0, retired: false }
    return life
  }

  return {
    current() {
      if (connecting === null) {
        connecting = connect()
        connecting.catch(() => {
          connecting = null
        })
      }
      return connecting
    },
    retire(old, why) {
      if (old.retired) return
      old.retired = true
      if (life === old) {
        life = null
        connecting = null
      }
      deps.log.warn({ why }, 'the Kafka producer is replaced: records under way may arrive twice')
      deps.onRenewal()
      if (old.busy === 0) void close(old.producer)
    },
    ended(ended) {
      ended.busy--
      if (ended.retired && ended.busy === 0) void close(ended.producer)
    },
    async stop() {
      const mine = connecting
      connecting = null
      life = null
      await mine?.then(({ producer }) => close(producer)).catch(() => {})
    },
  }
}

const close = (producer: Producer): Promise<void> => producer.disconnect().catch(() => {})
