import { afterAll, beforeAll, describe } from 'vitest'
import { deleteTopic, listTopics } from '../../support/kafka/topics.ts'
import { describeRecords } from '../contract/records.ts'
import { createStage } from '../contract/stage.ts'
import { describeTopics } from '../contract/topics.ts'
import { DRIVERS } from '../drivers.ts'
import { type SecureStage, secureConfig } from './secure-drivers.ts'

/** What the contract says of records and of topics, for a user who logs in over TLS. The doors of a broker make no difference to its faults, nor to the queue. */
export function describeSecureContract(secure: SecureStage): void {
  describe.each(DRIVERS)('%s', (name) => {
    const stage = createStage(name, () => {
      const { tls, sasl, brokers } = secureConfig(secure.secure, 'plain', 'sasl', { user: 'keeper' })
      return { tls, sasl, brokers }
    })
    let before: readonly string[] = []

    beforeAll(async () => {
      const { kafka } = secure.secure
      before = await listTopics(kafka.bootstrap)
      for (const [topic, partitions] of Object.entries({ plain: 6, single: 1, big: 3, good: 3 })) {
        await kafka.createTopic(topic, partitions)
      }
      await kafka.createTopic('small', 3, { 'max.message.bytes': 2000 })
      stage.begin(kafka)
    })
    afterAll(async () => {
      await stage.stopDrivers()
      const { bootstrap } = secure.secure.kafka
      // The next driver finds the topics as this one did.
      await deleteTopic(
        bootstrap,
        (await listTopics(bootstrap)).filter((topic) => !before.includes(topic)),
      )
    })

    describeRecords(stage)
    describeTopics(stage)
  })
}
