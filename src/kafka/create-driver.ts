import type { KafkaDriverName } from '../config/config.ts'
import type { KafkaClientConfig } from './client-config.ts'
import type { KafkaDriver, KafkaDriverDeps } from './kafka-driver.ts'
import { createKafkaJsDriver } from './kafkajs-driver.ts'
import { createPlatformaticDriver } from './platformatic-driver.ts'

const DRIVERS = { kafkajs: createKafkaJsDriver, platformatic: createPlatformaticDriver } as const

/** The driver that `kafka.driver` names. */
export const createKafkaDriver = (
  name: KafkaDriverName,
  config: KafkaClientConfig,
  deps: KafkaDriverDeps,
): KafkaDriver => DRIVERS[name](config, deps)
