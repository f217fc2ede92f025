import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PasswordMechanism } from '../../src/config/config.ts'
import type { KafkaDriver } from '../../src/kafka/kafka-driver.ts'
import { allow } from '../support/kafka/acls.ts'
import { startGuardedKafka } from '../support/kafka/guarded-kafka.ts'
import type { KafkaServer } from '../support/kafka/kafka-server.ts'
import { addScramUser } from '../support/kafka/scram-user.ts'
import { numbered } from '../support/records.ts'
import { createDriver, DRIVERS } from './drivers.ts'

const MECHANISMS = ['plain', 'scram-sha-512'] as const

describe('a Kafka that asks who it is', () => {
  let kafka: KafkaServer
  /** Where it asks. */
  let guarded: string
  const drivers: KafkaDriver[] = []

  beforeAll(async () => {
    const started = await startGuardedKafka({
      users: { writer: 'right' },
      topics: { allowed: 3, forbidden: 3, unwritable: 3 },
    })
    kafka = started.kafka
    guarded = started.guarded
    await addScramUser(kafka.bootstrap, 'writer', 'right')
    await allow(kafka.bootstrap, 'User:writer', 'allowed', ['Describe', 'Write'])
    await allow(kafka.bootstrap, 'User:writer', 'unwritable', ['Describe'])
  })
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.stop()))
    await kafka?.stop()
  })

  describe.each(DRIVERS)('%s', (name) => {
    function driver(password: string, mechanism: PasswordMechanism = 'plain'): KafkaDriver {
      const sasl = { mechanism, username: 'writer', password }
      const made = createDriver(name, guarded, { requestTimeoutMs: 10_000, sasl }).driver
      drivers.push(made)
      return made
    }

    it.each(MECHANISMS)('logs in by %s', async (mechanism) => {
      const right = driver('right', mechanism)
      expect((await right.send(right.freeze('allowed', numbered('allowed', 5, 2)))).left).toEqual([])
      expect(await right.probe()).toBeNull()
    })

    it.each(MECHANISMS)(
      'says cluster when the password is wrong by %s, without telling the password',
      async (mechanism) => {
        const wrong = driver('wrong-password', mechanism)
        const { left } = await wrong.send(wrong.freeze('allowed', numbered('allowed', 2, 2)))
        expect(left[0]?.failure).toMatchObject({ kind: 'cluster' })
        expect(JSON.stringify(left[0]?.failure)).not.toContain('wrong-password')
        expect(await wrong.probe()).toMatchObject({ kind: 'cluster' })
      },
    )

    it('says cluster for a way to log in that the broker does not offer', async () => {
      const other = driver('right', 'scram-sha-256')
      const { left } = await other.send(other.freeze('allowed', numbered('allowed', 2, 2)))
      expect(left[0]?.failure).toMatchObject({ kind: 'cluster' })
    })

    it.each(['forbidden', 'unwritable'])(
      'says topic for the one it may not write (%s), and the allowed one goes on',
      async (bad) => {
        const right = driver('right')
        const good = () => right.send(right.freeze('allowed', numbered('allowed', 10, 3)))
        expect((await good()).left).toEqual([])
        for (let i = 0; i < 3; i++) {
          const { left } = await right.send(right.freeze(bad, numbered(bad, 5, 5)))
          expect(left.map(({ failure }) => failure.code)).toContain('TOPIC_AUTHORIZATION_FAILED')
          expect(left.every(({ failure }) => failure.kind === 'topic')).toBe(true)
          expect((await good()).left).toEqual([])
        }
      },
    )
  })
})
