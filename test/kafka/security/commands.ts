import { beforeAll, describe, expect, it } from 'vitest'
import { createKafkaJsReader } from '../../../src/kafka/kafkajs-reader.ts'
import { createKafkaJsTopicInspector } from '../../../src/kafka/kafkajs-topic-inspector.ts'
import { KafkaReadError } from '../../../src/kafka/record-reader.ts'
import { allow } from '../../support/kafka/acls.ts'
import { allowWriting } from '../../support/kafka/secure-kafka.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { numbered } from '../../support/records.ts'
import { type Otherwise, type SecureStage, secureConfig, WAYS, type Way } from './secure-drivers.ts'

const doorOf = (way: Way) => (way === 'mtls' ? 'mtls' : 'sasl')

/** Looking at topics and reading them go through kafkajs, whichever driver sends: by every way to log in, with the same words. */
export function describeSecureCommands(stage: SecureStage): void {
  beforeAll(async () => {
    const { kafka } = stage.secure
    await createTopics(kafka.bootstrap, ['looked-at'], 1)
    await allowWriting(stage.secure, ['looked-at'])
    await allow(kafka.bootstrap, 'User:writer', 'looked-at', ['Read'])
    const driver = stage.drivers.make('kafkajs', 'none', 'open')
    await driver.send(driver.freeze('looked-at', numbered('looked-at', 5, 1)))
  })

  async function countIn(way: Way, other?: Otherwise): Promise<number> {
    const reader = createKafkaJsReader(secureConfig(stage.secure, way, doorOf(way), other), { log: quietLog })
    let count = 0
    try {
      const { signal } = new AbortController()
      for await (const { records } of reader.read({
        topic: 'looked-at',
        from: 'earliest',
        toEnd: true,
        signal,
      })) {
        count += records.length
      }
    } finally {
      await reader.stop()
    }
    return count
  }

  describe.each(WAYS)('by %s', (way) => {
    it('look and read', async () => {
      const inspector = createKafkaJsTopicInspector(secureConfig(stage.secure, way, doorOf(way)), quietLog)
      const { reports, failure } = await inspector.inspect(['looked-at'])
      expect(failure).toBeNull()
      expect(reports).toMatchObject([{ topic: 'looked-at', partitions: 1, mayWrite: true }])
      expect(await countIn(way)).toBe(5)
    })

    it('say what is wrong', async () => {
      const wrong = way === 'mtls' ? { identity: null } : { password: 'wr0ng-one' }
      const config = secureConfig(stage.secure, way, doorOf(way), wrong)
      const { failure } = await createKafkaJsTopicInspector(config, quietLog).inspect(['looked-at'])
      expect(failure).toMatchObject({
        kind: 'cluster',
        message: expect.stringMatching(/: (look at|set) kafka\./),
      })
      const error = await countIn(way, wrong).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(KafkaReadError)
      expect((error as KafkaReadError).failure).toEqual(failure)
    })
  })
}
