import { freePort } from '../free-port.ts'
import { type KafkaServer, startKafka } from './kafka-server.ts'
import type { KafkaProperties } from './server-properties.ts'

/** A Kafka with a second door, at which users log in and may do what ACLs allow them. */
export interface GuardedKafka {
  /** Its `bootstrap` is the open door: tests and the broker itself (ANONYMOUS) may do everything there. */
  readonly kafka: KafkaServer
  /** `127.0.0.1:<port>` of the guarded door: SASL without TLS, by PLAIN and SCRAM-SHA-512. */
  readonly guarded: string
}

export interface GuardedKafkaConfig {
  /** Passwords by user name, for PLAIN. None of them may do anything yet. */
  readonly users: Readonly<Record<string, string>>
  readonly topics?: Readonly<Record<string, number>>
  readonly properties?: KafkaProperties
}

const MODULES = 'org.apache.kafka.common.security'

export async function startGuardedKafka(config: GuardedKafkaConfig): Promise<GuardedKafka> {
  const ports = { broker: await freePort(), controller: await freePort() }
  const guarded = `127.0.0.1:${await freePort()}`
  const open = `PLAINTEXT://127.0.0.1:${ports.broker}`
  const users = Object.entries(config.users).map(([name, password]) => `user_${name}="${password}"`)
  const kafka = await startKafka({
    ports,
    properties: {
      listeners: `${open},SASL_PLAINTEXT://${guarded},CONTROLLER://127.0.0.1:${ports.controller}`,
      'advertised.listeners': `${open},SASL_PLAINTEXT://${guarded}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required ${users.join(' ')} ;`,
      'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': `${MODULES}.scram.ScramLoginModule required ;`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      ...config.properties,
    },
    ...(config.topics && { topics: config.topics }),
  })
  return { kafka, guarded }
}
