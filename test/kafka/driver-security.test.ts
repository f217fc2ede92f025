import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaDriver } from '../../src/kafka/kafka-driver.ts'
import { createKafkaJsDriver, type KafkaJsDriverConfig } from '../../src/kafka/kafkajs-driver.ts'
import { freePort } from '../support/free-port.ts'
import { allow } from '../support/kafka/acls.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { quietLog } from '../support/quiet-log.ts'
import { numbered, record } from '../support/records.ts'

const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_writer="right" ;'

describe('the kafkajs driver and a Kafka that asks who it is', () => {
  let kafka: KafkaServer
  let sasl: string
  const drivers: KafkaDriver[] = []

  beforeAll(async () => {
    const ports = { broker: await freePort(), controller: await freePort() }
    const saslPort = await freePort()
    sasl = `127.0.0.1:${saslPort}`
    const plain = `PLAINTEXT://127.0.0.1:${ports.broker}`
    kafka = await startKafka({
      ports,
      properties: {
        listeners: `${plain},SASL_PLAINTEXT://${sasl},CONTROLLER://127.0.0.1:${ports.controller}`,
        'advertised.listeners': `${plain},SASL_PLAINTEXT://${sasl}`,
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': LOGIN,
        // The tests and the broker itself (ANONYMOUS) may do everything, everyone else what an ACL allows: nothing.
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
      topics: { allowed: 3, forbidden: 3, unwritable: 3 },
    })
    await allow(kafka.bootstrap, 'User:writer', 'allowed', ['Describe', 'Write'])
    await allow(kafka.bootstrap, 'User:writer', 'unwritable', ['Describe'])
  })
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.stop()))
    await kafka?.stop()
  })

  function driver(password: string, more: Partial<KafkaJsDriverConfig> = {}): KafkaDriver {
    const made = createKafkaJsDriver(
      {
        brokers: [sasl],
        clientId: 'test',
        connectionTimeoutMs: 3000,
        requestTimeoutMs: 10_000,
        tls: null,
        sasl: { mechanism: 'plain', username: 'writer', password },
        compression: 'none',
        ...more,
      },
      { log: quietLog, onRenewal: () => {} },
    )
    drivers.push(made)
    return made
  }

  it('says cluster when the password is wrong, without telling the password', async () => {
    const wrong = driver('wrong-password')
    const { left } = await wrong.send(wrong.freeze('allowed', numbered('allowed', 2, 2)))
    expect(left[0]?.failure).toMatchObject({ kind: 'cluster' })
    expect(JSON.stringify(left[0]?.failure)).not.toContain('wrong-password')
    expect(await wrong.probe()).toMatchObject({ kind: 'cluster' })
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

  it.each(['none', 'gzip', 'zstd'] as const)(
    'compresses with %s what a consumer can read',
    async (compression) => {
      const topic = `packed_${compression}`
      await kafka.createTopic(topic, 1)
      await allow(kafka.bootstrap, 'User:writer', topic, ['Describe', 'Write'])
      const right = driver('right', { compression })
      const records = Array.from({ length: 50 }, (_, i) => record(topic, 'k', `${i} ${'x'.repeat(200)}`))
      expect((await right.send(right.freeze(topic, records))).left).toEqual([])
      const found = await consumeAll(kafka.bootstrap, [topic], { until: 50 })
      expect(found.map((one) => one.value.toString())).toEqual(records.map((one) => one.value.toString()))
    },
  )
})
