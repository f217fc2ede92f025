import { createKafkaJsDriver } from '../../src/kafka/kafkajs-driver.ts'
import { quietLog } from '../support/quiet-log.ts'
import { describeKafkaDriver } from './driver-contract.ts'

describeKafkaDriver('kafkajs', (bootstrap) => {
  let renewals = 0
  const driver = createKafkaJsDriver(
    {
      brokers: [bootstrap],
      clientId: 'test',
      connectionTimeoutMs: 3000,
      requestTimeoutMs: 30_000,
      tls: null,
      sasl: null,
      compression: 'none',
    },
    { log: quietLog, onRenewal: () => renewals++ },
  )
  return { driver, renewals: () => renewals }
})
