import type { KafkaRecord } from '../rules/kafka-record.ts'

/** Where a broker listens. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** What an idempotent producer is to the brokers. */
export interface ProducerId {
  readonly id: bigint
  readonly epoch: number
}

/** What a broker knows of the cluster and of one topic. */
export interface ClusterAnswer {
  /** By node id; those in service. */
  readonly brokers: ReadonlyMap<number, BrokerAddress>
  /** Null when none was asked for. */
  readonly topic: {
    /** Kafka's name of what is wrong with the topic as a whole; null: nothing. */
    readonly error: string | null
    /** Node id of each partition's leader, by partition id; -1: it has none. */
    readonly leaders: readonly number[]
  } | null
}

/** One part for one partition, with the number that the producer gave it. */
export interface NumberedPart {
  readonly partition: number
  readonly records: readonly KafkaRecord[]
  readonly firstSequence: number
}

/** What became of one partition's part. */
export interface PartitionAnswer {
  readonly partition: number
  /** Kafka's name of the error; null: acknowledged by all in-sync replicas. */
  readonly error: string | null
  /** What the broker said of the error. */
  readonly message: string
}

/**
 * An open connection to one broker, in the words that the driver needs. Every call rejects with the library's error when
 * the broker does not answer in time or the connection ends; after a call that timed out the connection is closed.
 */
export interface BrokerLink {
  readonly closed: boolean
  /** When it is time for another connection, as the session of this one ends (KIP-368); null: it does not end. */
  readonly session: LinkSession | null
  /** What the broker knows; of the topic too, if one is named. Does not create it. */
  describe(topic: string | null): Promise<ClusterAnswer>
  /** A new id for an idempotent producer. */
  newProducerId(): Promise<ProducerId>
  /** One produce request with acks=all; an answer for each partition. */
  produce(producer: ProducerId, topic: string, parts: readonly NumberedPart[]): Promise<PartitionAnswer[]>
  /** Ends it when what is under way has come to its end; those who have just got hold of it may still use it. */
  retire(): void
  /** Ends it at once; what is under way rejects. */
  close(): void
}

/** Moments, in ms as `performance.now()` counts them. */
export interface LinkSession {
  readonly renewAtMs: number
  readonly endsAtMs: number
}
