import type { KafkaDriverName } from '../../src/config/config.ts'
import type { KafkaClientConfig } from '../../src/kafka/client-config.ts'
import { createKafkaDriver } from '../../src/kafka/create-driver.ts'
import type { KafkaDriver } from '../../src/kafka/kafka-driver.ts'
import { quietLog } from '../support/quiet-log.ts'

export const DRIVERS: readonly KafkaDriverName[] = ['kafkajs', 'platformatic']

export interface DriverUnderTest {
  readonly driver: KafkaDriver
  /** How often a producer id was replaced. */
  readonly renewals: () => number
}

/** A driver for a Kafka on loopback, plain and uncompressed unless `more` says otherwise. */
export function createDriver(
  name: KafkaDriverName,
  bootstrap: string,
  more: Partial<KafkaClientConfig> = {},
): DriverUnderTest {
  let renewals = 0
  const config: KafkaClientConfig = {
    brokers: [bootstrap],
    clientId: 'test',
    connectionTimeoutMs: 3000,
    requestTimeoutMs: 30_000,
    tls: null,
    sasl: null,
    compression: 'none',
    ...more,
  }
  const driver = createKafkaDriver(name, config, { log: quietLog, onRenewal: () => renewals++ })
  return { driver, renewals: () => renewals }
}
