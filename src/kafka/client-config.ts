import type { Compression, KafkaConfig } from '../config/config.ts'

/** How to reach and to speak with the cluster. */
export interface KafkaClientConfig {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly compression: Compression
  /** null: plain text. */
  readonly tls: { readonly ca?: string } | null
  /** null: no authentication. */
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/** The driver's configuration from the section a user writes. `ca` is the text of `kafka.tls_ca_file`. */
export function kafkaClientConfig(config: KafkaConfig, ca: string | undefined): KafkaClientConfig {
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
