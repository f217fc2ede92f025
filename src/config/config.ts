/**
 * The configuration as the program sees it: read once at start, complete, checked and never changed afterwards.
 * Each part of the program gets its own section, never the whole. The keys that a user writes are these names in
 * snake_case; what each one means, its default and its names outside are in `options.ts`.
 */
export interface Config {
  /** Path of the rules file. */
  readonly rules: string
  /** How many processes serve the hook port, in decimal; `auto`: as many as there are cores for us. */
  readonly workers: string
  readonly grpc: GrpcConfig
  readonly reply: ReplyConfig
  readonly kafka: KafkaConfig
  readonly deadLetters: DeadLettersConfig
  readonly queue: QueueConfig
  readonly stop: StopConfig
  readonly http: HttpConfig
  readonly hooks: HooksConfig
  readonly emqx: EmqxConfig
  readonly log: LogConfig
}

/** Where EMQX's hook calls come in. */
export interface GrpcConfig {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** `off`: the user's word that plain text is meant; null: nothing was said, which is plain text on loopback alone. */
  readonly tls?: 'on' | 'off' | null
  /** PEM files of our certificate and of its key; set both or neither. */
  readonly tlsCertFile: string | null
  readonly tlsKeyFile: string | null
  /** PEM file of the authorities that sign clients' certificates; null: clients need none. */
  readonly tlsClientCaFile: string | null
  /** Of these names a client's certificate has to have one; null: any will do. Only with `tlsClientCaFile`. */
  readonly tlsClientNames: readonly string[] | null
  readonly tlsMinVersion: TlsVersion
  /** How long a client may take for the TLS handshake, in ms. */
  readonly handshakeTimeoutMs: number
  readonly transport: GrpcTransport
  /** The largest request that is taken, in bytes. */
  readonly maxReceiveBytes: number
  /** Further connections are closed at once. */
  readonly maxConnections: number
}

/** What speaks HTTP/2 with EMQX. */
export type GrpcTransport = 'grpc-js' | 'lean'
export type TlsVersion = '1.2' | '1.3'

/** How long a reply may be held back. */
export interface ReplyConfig {
  /** A held reply goes out this long before EMQX's own deadline, in ms. */
  readonly marginMs: number
}

export interface KafkaConfig {
  readonly driver: KafkaDriverName
  /** Bootstrap brokers as `host:port`; never empty. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** How long a batch waits for more records, in ms. */
  readonly lingerMs: number
  readonly batchMaxRecords: number
  readonly batchMaxBytes: number
  readonly compression: Compression
  readonly requestTimeoutMs: number
  readonly connectionTimeoutMs: number
  readonly tls: boolean
  /** Path of a PEM file with the authorities to trust; null: those that Node.js brings. Was in order at start. */
  readonly tlsCaFile: string | null
  /** Path of a PEM file with our certificate and those between it and the authority; null: we show none. */
  readonly tlsCertFile: string | null
  /** Path of the PEM file of its private key; set when `tlsCertFile` is. */
  readonly tlsKeyFile: string | null
  /** The passphrase itself, also when it came from a file; null: the key is not encrypted. Never to be logged. */
  readonly tlsKeyPassphrase: string | null
  readonly tlsKeyPassphraseFile: string | null
  /** For whom the brokers' certificates have to stand; null: for the host that is connected to. */
  readonly tlsServerName: string | null
  readonly sasl: SaslConfig
  readonly topics: TopicsConfig
  /** The most Kafka topics that records may go to in the life of the process. */
  readonly maxTopics: number
  /** How long a topic may be refused before its records are dead letters, in ms. */
  readonly topicErrorTtlMs: number
  /** Older records are dropped when a batch is formed, in ms; 0: never. */
  readonly maxRecordAgeMs: number
}

/** Whether topics that are missing are created, and how. */
export interface TopicsConfig {
  readonly create: boolean
  /** Partitions of a new topic; null: as many as the broker gives by itself (`num.partitions`). */
  readonly partitions: number | null
  /** Copies of each partition of a new topic; null: as many as the broker gives by itself. */
  readonly replication: number | null
  /** Kafka's own settings of a new topic, `name=value` each; null: the broker's. */
  readonly config: readonly string[] | null
}

/** Where records go that Kafka refuses. */
export interface DeadLettersConfig {
  /** `off`: no topic. */
  readonly topic: string
  readonly file: string | null
  readonly fileMaxBytes: number
}

/** The Kafka client in use. */
export type KafkaDriverName = 'kafkajs' | 'platformatic'
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type SaslMechanism = 'none' | PasswordMechanism | 'oauthbearer' | 'aws-msk-iam'
export type PasswordMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

/** With a PasswordMechanism, user name and password are set; with the others, what belongs to them. */
export interface SaslConfig {
  readonly mechanism: SaslMechanism
  readonly username: string | null
  /** The password itself, also when it came from a file. Never to be logged. */
  readonly password: string | null
  /** Where the password came from, if from a file. */
  readonly passwordFile: string | null
  readonly oauth: OAuthConfig
  readonly aws: AwsConfig
}

/** Where tokens for OAUTHBEARER come from: the client credentials grant of OAuth 2.0 (RFC 6749, section 4.4). */
export interface OAuthConfig {
  /** HTTPS, or HTTP on loopback. */
  readonly tokenUrl: string | null
  readonly clientId: string | null
  /** The secret itself, also when it came from a file. Never to be logged. */
  readonly clientSecret: string | null
  readonly clientSecretFile: string | null
  readonly scope: string | null
  readonly audience: string | null
  /** Path of a PEM file with the authorities to trust for `tokenUrl`; null: those that Node.js brings. */
  readonly caFile: string | null
}

/** For `aws-msk-iam`. Who we are is found where AWS's own tools look for it. */
export interface AwsConfig {
  readonly region: string | null
}

/** The bounds of the queue between EMQX and Kafka. */
export interface QueueConfig {
  readonly maxRecords: number
  /** Bytes of the encoded records. */
  readonly maxBytes: number
  /** The most calls that wait for room at one time. */
  readonly maxWaiters: number
  /** The part of either bound that one Kafka topic may hold, above 0 and up to 1. */
  readonly laneShare: number
  /** The same for a topic that Kafka refuses; at most `laneShare`. */
  readonly unhealthyLaneShare: number
  readonly disk: DiskConfig
}

/** The log that keeps the queue over the end of the process. */
export interface DiskConfig {
  /** Its directory; null: the queue is in memory only. */
  readonly path: string | null
  readonly maxBytes: number
  /** Records are on disk this long after they came, in ms, plus the time of one fdatasync. */
  readonly syncMs: number
  /** …or sooner, when so many bytes wait. */
  readonly syncBytes: number
}

export interface StopConfig {
  /** How long a stop may take to answer calls and to drain the queue to Kafka, in ms. */
  readonly deadlineMs: number
}

/** Where health, readiness and metrics are served, and what shows more or acts. */
export interface HttpConfig {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The token itself, also when it came from a file; null: there is none. Never to be logged. */
  readonly token: string | null
  /** Where the token comes from, and is read again, if from a file. */
  readonly tokenFile: string | null
}

/** What EMQX is asked for when it loads this server. */
export interface HooksConfig {
  readonly filters: HookFiltersMode
}

/** `exact`: the topic filters of the rules; `wide`: none, so that rules with other filters need no re-load. */
export type HookFiltersMode = 'exact' | 'wide'

/** The EMQX that calls, and its REST API. Key and secret are set both or neither. */
export interface EmqxConfig {
  /** The largest MQTT packet that it takes from a device, in bytes (its `mqtt.max_packet_size`). */
  readonly maxPacketBytes: number
  /** Where EMQX's dashboard listens; null: EMQX is not asked. */
  readonly apiUrl: string | null
  /** The key itself, also when it came from a file. Never to be logged, as the secret. */
  readonly apiKey: string | null
  readonly apiKeyFile: string | null
  readonly apiSecret: string | null
  readonly apiSecretFile: string | null
  /** The name under which EMQX knows this provider. */
  readonly providerName: string
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogConfig {
  readonly level: LogLevel
}
