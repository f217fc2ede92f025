import kafkajs, { type KafkaConfig as KafkaJsConfig } from 'kafkajs'
import type { Logger } from 'pino'
import type { KafkaClientConfig } from './client-config.ts'
import { registerCodecs } from './kafkajs-codecs.ts'
import { installEncoding } from './kafkajs-encoding.ts'
import { kafkaJsLogin } from './kafkajs-login.ts'
import { createKafkaJsSockets, type KafkaJsSockets } from './kafkajs-sockets.ts'
import { cureKafkaJsTimers } from './kafkajs-timers.ts'

const { Kafka, logLevel } = kafkajs
export type KafkaJs = InstanceType<typeof Kafka>

/** What a token may take that a login has to wait for. */
const TOKEN_MS = 5_000

/**
 * A session that ends within this time is renewed before the next request (KIP-368). No more than that: a broker takes no new login
 * within a second of the last, so sessions have to last two seconds.
 */
const REAUTHENTICATION_MS = 1_000

/**
 * A kafkajs client: no retries beyond trying each seed broker once, as what is tried again and when is decided by
 * delivery/; its log lines at debug level, as what matters of them is logged where it is decided. With `sockets`, its
 * connections can be cut.
 */
export function createKafkaJsClient(
  config: KafkaClientConfig,
  log: Logger,
  sockets: KafkaJsSockets = createKafkaJsSockets(config.tls),
): KafkaJs {
  cureKafkaJsTimers()
  installEncoding()
  registerCodecs()
  const settings: KafkaJsConfig = {
    brokers: [...config.brokers],
    clientId: config.clientId,
    connectionTimeout: config.connectionTimeoutMs,
    authenticationTimeout: config.connectionTimeoutMs + TOKEN_MS,
    reauthenticationThreshold: REAUTHENTICATION_MS,
    requestTimeout: config.requestTimeoutMs,
    socketFactory: sockets.factory,
    retry: { retries: Math.max(1, config.brokers.length), initialRetryTime: 50, maxRetryTime: 200 },
    logLevel: log.isLevelEnabled('debug') ? logLevel.INFO : logLevel.NOTHING,
    logCreator:
      () =>
      ({ namespace, log: entry }) =>
        log.debug({ client: 'kafkajs', namespace }, entry.message),
  }
  if (config.sasl !== null) settings.sasl = kafkaJsLogin(config.sasl, sockets.drop)
  return new Kafka(settings)
}
