import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaClientConfig } from '../../src/kafka/client-config.ts'
import type { KafkaDriver } from '../../src/kafka/kafka-driver.ts'
import { freePort } from '../support/free-port.ts'
import { allow } from '../support/kafka/acls.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { addScramUser } from '../support/kafka/scram-user.ts'
import { numbered } from '../support/records.ts'
import { createDriver, DRIVERS } from './drivers.ts'

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_writer="right" ;'
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required ;'
const MECHANISMS = ['plain', 'scram-sha-512'] as const

describe('a Kafka that asks who it is', () => {
  let kafka: KafkaServer
  /** Where it asks. */
  let guarded: string
  const drivers: KafkaDriver[] = []

  beforeAll(async () => {
    const ports = { broker: await freePort(), controller: await freePort() }
    guarded = `127.0.0.1:${await freePort()}`
    const open = `PLAINTEXT://127.0.0.1:${ports.broker}`
    kafka = await startKafka({
      ports,
      properties: {
        listeners: `${open},SASL_PLAINTEXT://${guarded},CONTROLLER://127.0.0.1:${ports.controller}`,
        'advertised.listeners': `${open},SASL_PLAINTEXT://${guarded}`,
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': PLAIN,
        'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': SCRAM,
        // The tests and the broker itself (ANONYMOUS) may do everything, everyone else what an ACL allows: nothing.
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
      topics: { allowed: 3, forbidden: 3, unwritable: 3 },
    })
    await addScramUser(kafka.bootstrap, 'writer', 'right')
    await allow(kafka.bootstrap, 'User:writer', 'allowed', ['Describe', 'Write'])
    await allow(kafka.bootstrap, 'User:writer', 'unwritable', ['Describe'])
  })
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.stop()))
    await kafka?.stop()
  })

  describe.each(DRIVERS)('%s', (name) => {
    function driver(
      password: string,
      mechanism: NonNullable<KafkaClientConfig['sasl']>['mechanism'] = 'plain',
    ): KafkaDriver {
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
