import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaFailure } from '../../src/kafka/kafka-driver.ts'
import { allowWriting, type Door, type SecureKafka, startSecureKafka } from '../support/kafka/secure-kafka.ts'
import { type Authority, createAuthority } from '../support/kafka/tls-files.ts'
import { createTopics } from '../support/kafka/topics.ts'
import { numbered } from '../support/records.ts'
import { DRIVERS } from './drivers.ts'
import { createSecureDrivers, type SecureDrivers, WAYS, type Way } from './secure-drivers.ts'

let secure: SecureKafka
let drivers: SecureDrivers
let strangers: Authority

beforeAll(async () => {
  secure = await startSecureKafka({ forbidden: 2, unwritable: 2 })
  strangers = await createAuthority('strangers')
  await createTopics(secure.kafka.bootstrap, ALLOWED, 3)
  await allowWriting(secure, ALLOWED)
  drivers = createSecureDrivers(secure)
})
afterAll(async () => {
  await drivers?.stop()
  await secure?.stop()
})

/** A topic for each, so that each finds its own records alone. */
const topicOf = (driver: string, way: string) => `${driver}.${way}`
const ALLOWED = DRIVERS.flatMap((driver) => WAYS.map((way) => topicOf(driver, way)))

const WRONG: Readonly<Record<Way, { readonly code: string; readonly words: RegExp }>> = {
  plain: {
    code: 'SASL_AUTHENTICATION_FAILED',
    words: /Invalid username or password.*look at kafka\.sasl\.username and kafka\.sasl\.password/,
  },
  'scram-sha-256': {
    code: 'SASL_AUTHENTICATION_FAILED',
    words: /invalid credentials.*look at kafka\.sasl\.username and kafka\.sasl\.password/,
  },
  'scram-sha-512': {
    code: 'SASL_AUTHENTICATION_FAILED',
    words: /invalid credentials.*look at kafka\.sasl\.username and kafka\.sasl\.password/,
  },
  oauthbearer: {
    code: 'TokenError',
    words: /401 invalid_client .*look at kafka\.sasl\.oauth\.client_id and kafka\.sasl\.oauth\.client_secret/,
  },
  mtls: {
    code: 'TlsClientCertificateRefused',
    words: /refuses our client certificate: look at kafka\.tls_cert_file/,
  },
}

describe.each(DRIVERS)('%s', (name) => {
  describe.each(WAYS)('by %s', (way) => {
    const topic = topicOf(name, way)
    const doorOf = (expired = false): Door =>
      way === 'mtls' ? (expired ? 'expiredMtls' : 'mtls') : expired ? 'expiredSasl' : 'sasl'

    it('delivers, and knows that Kafka is there', async () => {
      const driver = drivers.make(name, way, doorOf())
      expect((await driver.send(driver.freeze(topic, numbered(topic, 30, 5)))).left).toEqual([])
      expect(await driver.probe()).toBeNull()
    })

    it('says what is wrong with a wrong password, secret or certificate, and not what it is', async () => {
      const wrong = way === 'mtls' ? { identity: await strangers.issue('writer') } : { password: 'wr0ng-one' }
      const driver = drivers.make(name, way, doorOf(), wrong)
      for (const failure of await bothFailures(driver, topic)) {
        expect(failure).toMatchObject({ kind: 'cluster', code: WRONG[way].code })
        expect(failure.message).toMatch(WRONG[way].words)
        expect(JSON.stringify(failure)).not.toContain('wr0ng-one')
      }
    })

    it("says that the broker's certificate has expired", async () => {
      const driver = drivers.make(name, way, doorOf(true))
      for (const failure of await bothFailures(driver, topic)) {
        expect(failure).toMatchObject({ kind: 'cluster', code: 'TlsCertificateExpired' })
        expect(failure.message).toMatch(/certificate has expired: renew it at the broker/)
      }
    })

    it('says topic for the one that it may not write, and delivers the others', async () => {
      const driver = drivers.make(name, way, doorOf())
      for (let round = 0; round < 2; round++) {
        const [bad, good] = await Promise.all([
          driver.send(driver.freeze('forbidden', numbered('forbidden', 3, 3))),
          driver.send(driver.freeze(topic, numbered(topic, 10, 5, 30 + 10 * round))),
        ])
        expect(bad.left[0]?.failure).toMatchObject({ kind: 'topic', code: 'TOPIC_AUTHORIZATION_FAILED' })
        expect(good.left).toEqual([])
      }
    })
  })
})

/** What sending and the sign of life say. */
async function bothFailures(
  driver: ReturnType<SecureDrivers['make']>,
  topic: string,
): Promise<readonly KafkaFailure[]> {
  const { left, delivered } = await driver.send(driver.freeze(topic, numbered(topic, 2, 2)))
  expect(delivered).toEqual([])
  expect(left).toHaveLength(1)
  const probed = await driver.probe()
  return [left[0]?.failure, probed].filter((failure) => failure !== null && failure !== undefined)
}
