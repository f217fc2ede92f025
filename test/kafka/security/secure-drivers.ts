import { expect } from 'vitest'
import type { KafkaDriverName } from '../../../src/config/config.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { type KafkaClientConfig, kafkaClientConfig } from '../../../src/kafka/client-config.ts'
import { createKafkaDriver } from '../../../src/kafka/create-driver.ts'
import type { KafkaDriver, KafkaFailure } from '../../../src/kafka/kafka-driver.ts'
import { type Door, PASSWORD, type SecureKafka } from '../../support/kafka/secure-kafka.ts'
import type { Authority, Identity } from '../../support/kafka/tls-files.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { numbered } from '../../support/records.ts'

/** The ways to say who we are. */
export const WAYS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'mtls'] as const
export type Way = (typeof WAYS)[number]

/** What is other than right. */
export interface Otherwise {
  readonly user?: string
  /** Of the user, or the secret of the OAuth client. */
  readonly password?: string
  /** null: none is shown. */
  readonly identity?: Identity | null
  /** PEM text; null: only those that Node.js brings. */
  readonly ca?: string | null
  /** Default: as the door has it. */
  readonly tls?: boolean
  /** Further variables, without EXHOOK_KAFKA_. */
  readonly env?: Readonly<Record<string, string>>
  /** Further files. */
  readonly files?: Readonly<Record<string, string>>
  /** Gives the text of each file instead. */
  readonly readFile?: (path: string) => string
}

/** What the parts of these tests share. */
export interface SecureStage {
  readonly secure: SecureKafka
  readonly drivers: SecureDrivers
  /** Signed nothing that the broker trusts. */
  readonly strangers: Authority
}

export interface SecureDrivers {
  make(name: KafkaDriverName, way: Way | 'none', door: Door | 'open', other?: Otherwise): KafkaDriver
  stop(): Promise<void>
}

/** The configuration that a user would write to come in by this door, read by the program's own reader. */
export function secureConfig(
  { doors, kafka, authority, identity, tokens }: SecureKafka,
  way: Way | 'none',
  door: Door | 'open',
  { user = 'writer', password = PASSWORD, env = {}, files = {}, ...other }: Otherwise = {},
): KafkaClientConfig {
  const tls = other.tls ?? (door !== 'open' && door !== 'unencrypted')
  const ca = other.ca === undefined ? authority.cert : other.ca
  const shown = other.identity === undefined ? (way === 'mtls' ? identity : null) : other.identity
  const all: Record<string, string> = { ...files }
  if (ca !== null) all['ca.pem'] = ca
  if (shown !== null) Object.assign(all, { 'tls.crt': shown.cert, 'tls.key': shown.key })
  const readFile = other.readFile ?? ((path: string) => all[path] ?? '')
  const named = (key: string, value: string, is: boolean) => (is ? { [`EXHOOK_KAFKA_${key}`]: value } : {})
  const { kafka: section } = loadConfig({
    argv: [],
    env: {
      EXHOOK_KAFKA_BROKERS: door === 'open' ? kafka.bootstrap : doors[door],
      ...named('TLS', 'true', tls),
      ...named('TLS_CA_FILE', 'ca.pem', tls && ca !== null),
      ...named('TLS_CERT_FILE', 'tls.crt', shown !== null),
      ...named('TLS_KEY_FILE', 'tls.key', shown !== null),
      ...named('SASL_MECHANISM', way, way !== 'mtls'),
      ...named('SASL_USERNAME', user, way === 'plain' || way.startsWith('scram')),
      ...named('SASL_PASSWORD', password, way === 'plain' || way.startsWith('scram')),
      ...named('SASL_OAUTH_TOKEN_URL', tokens.url, way === 'oauthbearer'),
      ...named('SASL_OAUTH_CLIENT_ID', user, way === 'oauthbearer'),
      ...named('SASL_OAUTH_CLIENT_SECRET', password, way === 'oauthbearer'),
      ...Object.fromEntries(Object.entries(env).map(([key, value]) => [`EXHOOK_KAFKA_${key}`, value])),
    },
    readFile,
  })
  return kafkaClientConfig(section, { readFile, log: quietLog })
}

export function createSecureDrivers(secure: SecureKafka): SecureDrivers {
  const made: KafkaDriver[] = []
  return {
    make(name, way, door, other) {
      const config = secureConfig(secure, way, door, other)
      const driver = createKafkaDriver(name, config, { log: quietLog, onRenewal: () => {} })
      made.push(driver)
      return driver
    },
    stop: async () => void (await Promise.all(made.map((driver) => driver.stop()))),
  }
}

/** What sending and the sign of life say of what is wrong. */
export async function bothFailures(driver: KafkaDriver, topic: string): Promise<readonly KafkaFailure[]> {
  const { left, delivered } = await driver.send(driver.freeze(topic, numbered(topic, 2, 2)))
  const probed = await driver.probe()
  expect(delivered).toEqual([])
  expect(left).toHaveLength(1)
  expect(probed).not.toBeNull()
  return [left[0]?.failure, probed].filter((failure) => failure !== null && failure !== undefined)
}
