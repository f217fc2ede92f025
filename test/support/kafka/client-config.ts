import type { KafkaClientConfig } from '../../../src/kafka/client-config.ts'

/** How a test's client reaches a broker: plain, uncompressed, and with patience for a busy machine. */
export const clientConfig = (bootstrap: string): KafkaClientConfig => ({
  brokers: [bootstrap],
  clientId: 'test',
  connectionTimeoutMs: 3000,
  requestTimeoutMs: 10_000,
  compression: 'none',
  tls: null,
  sasl: null,
})
