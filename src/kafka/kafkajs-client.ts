import kafkajs, { type KafkaConfig as KafkaJsConfig, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import type { KafkaClientConfig } from './client-config.ts'
import { registerCodecs } from './kafkajs-codecs.ts'
import { installEncoding } from './kafkajs-encoding.ts'
import type { KafkaJsSockets } from './kafkajs-sockets.ts'
import { cureKafkaJsTimers } from './kafkajs-timers.ts'

const { Kafka, logLevel } = kafkajs
export type KafkaJs = InstanceType<typeof Kafka>

/**
 * A kafkajs client: no retries beyond trying each seed broker once, as what is tried again and when is decided by
 * delivery/; its log lines at debug level, as what matters of them is logged where it is decided. With `sockets`, its
 * connections can be cut.
 */
export function createKafkaJsClient(
  config: KafkaClientConfig,
  log: Logger,
  sockets?: KafkaJsSockets,
): KafkaJs {
  cureKafkaJsTimers()
  installEncoding()
  registerCodecs()
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
  if (sockets !== undefined) settings.socketFactory = sockets.factory
  if (config.tls !== null) settings.ssl = config.tls.ca === undefined ? true : { ca: [config.tls.ca] }
  if (config.sasl !== null) settings.sasl = { ...config.sasl } as SASLOptions
  return new Kafka(settings)
}
