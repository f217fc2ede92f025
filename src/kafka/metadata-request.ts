import { createRequire } from 'node:module'

/** What a broker knows of the cluster and of the topics that were asked for. */
export interface Metadata {
  /** By node id; those in service. */
  readonly brokers: ReadonlyMap<number, { readonly host: string; readonly port: number }>
  /** The node that takes requests for the controller; with KRaft any broker, which passes them on. */
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly topic: string
  /** Kafka's number of the error; 0: none. */
  readonly errorCode: number
  readonly partitions: number
  readonly leaderless: readonly number[]
  /** What our user may do with the topic, a bit for each of Kafka's operations; null: the broker does not say. */
  readonly operations: number | null
}

/** Bits of `operations`: the codes of Kafka's `AclOperation`. */
export const MAY_WRITE = 1 << 4
export const MAY_DESCRIBE = 1 << 8
export const MAY_DESCRIBE_CONFIGS = 1 << 10

/** A request in the form in which kafkajs sends it over one of its connections. */
export interface RawRequest<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<unknown>
  }
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<T>
    readonly parse: (decoded: T) => Promise<T>
  }
}

export const METADATA_API_KEY = 3

/** The versions that are spoken here, the better first: 8 says what we may do, 5 is all that Kafka before 2.3 has. */
export const METADATA_VERSIONS = [8, 5] as const
export type MetadataVersion = (typeof METADATA_VERSIONS)[number]

/** What stands for "not asked for, or not known" in place of the operations. */
const NOT_GIVEN = -0x8000_0000

/**
 * Asks for the metadata of these topics and creates none of them; for none, an empty list. kafkajs's own request goes up
 * to version 6, asks for all topics of the cluster when it is given none, and makes an error of one topic the error
 * of all. Both versions come before Kafka's compact encodings.
 * Source: Kafka's protocol guide, Metadata API; KIP-430 for the operations.
 */
export function metadataRequest(topics: readonly string[], version: MetadataVersion): RawRequest<Metadata> {
  const { Encoder, Decoder } = codec()
  return {
    request: {
      apiKey: METADATA_API_KEY,
      apiVersion: version,
      apiName: 'Metadata',
      async encode() {
        const body = new Encoder().writeArray(topics).writeBoolean(false) // allow_auto_topic_creation
        return version < 8 ? body : body.writeBoolean(false).writeBoolean(true) // operations: cluster, topics
      },
    },
    response: {
      decode: async (bytes) => readMetadata(new Decoder(bytes), version),
      parse: async (metadata) => metadata,
    },
  }
}

function readMetadata(from: Decoder, version: MetadataVersion): Metadata {
  from.readInt32() // throttle_time_ms
  const brokers = from.readArray(() => {
    const node = from.readInt32()
    const address = { host: from.readString() ?? '', port: from.readInt32() }
    from.readString() // rack
    return [node, address] as const
  })
  from.readString() // cluster_id
  const controllerId = from.readInt32()
  const topics = from.readArray(() => readTopic(from, version))
  return { brokers: new Map(brokers), controllerId, topics }
}

function readTopic(from: Decoder, version: MetadataVersion): TopicMetadata {
  const errorCode = from.readInt16()
  const topic = from.readString() ?? ''
  from.readBoolean() // is_internal
  const leaders = from.readArray(() => {
    from.readInt16() // error_code: no leader, or a replica is away
    const partition = from.readInt32()
    const leader = from.readInt32()
    if (version >= 7) from.readInt32() // leader_epoch
    for (let list = 0; list < 3; list++) from.readArray(() => from.readInt32()) // replicas, in-sync, offline
    return { partition, leader }
  })
  const operations = version < 8 ? NOT_GIVEN : from.readInt32()
  const leaderless = leaders.filter(({ leader }) => leader < 0).map(({ partition }) => partition)
  return {
    topic,
    errorCode,
    partitions: leaders.length,
    leaderless: leaderless.toSorted((a, b) => a - b),
    operations: operations === NOT_GIVEN ? null : operations,
  }
}

interface Encoder {
  writeArray(values: readonly string[]): this
  writeBoolean(value: boolean): this
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readBoolean(): boolean
  readString(): string | null
  readArray<T>(read: () => T): T[]
}

interface Codec {
  readonly Encoder: new () => Encoder
  readonly Decoder: new (bytes: Buffer) => Decoder
}

let loaded: Codec | undefined

/** kafkajs's own, below its public interface. */
function codec(): Codec {
  const require = createRequire(import.meta.url)
  loaded ??= {
    Encoder: require('kafkajs/src/protocol/encoder') as Codec['Encoder'],
    Decoder: require('kafkajs/src/protocol/decoder') as Codec['Decoder'],
  }
  return loaded
}
