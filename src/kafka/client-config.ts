import type { KafkaConfig } from '../config/config.ts'
import type { KafkaJsDriverConfig } from './kafkajs-driver.ts'

/** The driver's configuration from the section a user writes. `ca` is the text of `kafka.tls_ca_file`. */
export function kafkaClientConfig(config: KafkaConfig, ca: string | undefined): KafkaJsDriverConfig {
  const { mechanism, username, password } = config.sasl
  return {
    brokers: config.brokers,
    clientId: config.clientId,
    connectionTimeoutMs: config.connectionTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
    compression: config.compression,
    tls: config.tls ? { ...(ca !== undefined && { ca }) } : null,
    sasl: mechanism === 'none' ? null : { mechanism, username: username ?? '', password: password ?? '' },
  }
}
