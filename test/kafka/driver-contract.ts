import { afterAll, beforeAll, describe } from 'vitest'
import type { KafkaDriverName } from '../../src/config/config.ts'
import { startKafka } from '../support/kafka/kafka-server.ts'
import { describeCompression } from './contract/compression.ts'
import { describeFaults } from './contract/faults.ts'
import { describeHalfOpen } from './contract/half-open.ts'
import { describeRecords } from './contract/records.ts'
import { createStage } from './contract/stage.ts'
import { describeQueueShare, describeTopics } from './contract/topics.ts'

/** What every Kafka driver promises, on a real broker. */
export function describeKafkaDriver(name: KafkaDriverName): void {
  describe(`${name} as a KafkaDriver`, () => {
    const stage = createStage(name)

    beforeAll(async () => {
      const kafka = await startKafka({
        topics: { plain: 6, single: 1, big: 3, good: 3 },
      })
      stage.begin(kafka)
      await kafka.createTopic('small', 3, { 'max.message.bytes': 2000 })
    })
    afterAll(() => stage.end())

    describeRecords(stage)
    describeTopics(stage)
    describeQueueShare(stage)
    describeCompression(stage)
    describeFaults(stage)
    describeHalfOpen(stage)
  })
}
