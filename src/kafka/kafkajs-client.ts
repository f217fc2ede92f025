import kafkajs, { type KafkaConfig as KafkaJsConfig, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { installRecordEncoder } from './kafkajs-record-encoder.ts'
import { cureKafkaJsTimers } from './kafkajs-timers.ts'
import { registerZstd } from './kafkajs-zstd.ts'

const { Kafka, logLevel } = kafkajs
export type KafkaJs = InstanceType<typeof Kafka>

/** How to reach and to speak with the cluster. */
export interface KafkaClientConfig {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  /** null: plain text. */
  readonly tls: { readonly ca?: string } | null
  /** null: no authentication. */
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/**
 * A kafkajs client: no retries beyond trying each seed broker once, as what is tried again and when is decided by
 * delivery/; its log lines at debug level, as what matters of them is logged where it is decided.
 */
export function createKafkaJsClient(config: KafkaClientConfig, log: Logger): KafkaJs {
  cureKafkaJsTimers()
  installRecordEncoder()
  registerZstd()
  const settings: KafkaJsConfig = {
    brokers: [...config.brokers],
    clientId: config.clientId,
    connectionTimeout: config.connectionTimeoutMs,
    authenticationTimeout: config.connectionTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    retry: { retries: Math.max(1, config.brokers.length), initialRetryTime: 50, maxRetryTime: 200 },
    logLevel: log.isLevelEnabled('debug') ? logLevel.INFO : logLevel.NOTHING,
    logCreator:
      () =>
      ({ namespace, log: entry }) =>
        log.debug({ client: 'kafkajs', namespace }, entry.message),
  }
  if (config.tls !== null) settings.ssl = config.tls.ca === undefined ? true : { ca: [config.tls.ca] }
  if (config.sasl !== null) settings.sasl = { ...config.sasl } as SASLOptions
  return new Kafka(settings)
}
