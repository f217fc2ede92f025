import { beforeAll, describe, expect, it } from 'vitest'
import { allowWriting, type Door } from '../../support/kafka/secure-kafka.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { numbered } from '../../support/records.ts'
import { DRIVERS } from '../drivers.ts'
import { bothFailures, type SecureStage, WAYS, type Way } from './secure-drivers.ts'

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

/** Each way to say who we are: right, wrong, at a broker whose certificate has ended, and without a right on one topic. */
export function describeMatrix(stage: SecureStage): void {
  beforeAll(async () => {
    const { kafka } = stage.secure
    await createTopics(kafka.bootstrap, ALLOWED, 3)
    await createTopics(kafka.bootstrap, ['forbidden'], 2)
    await allowWriting(stage.secure, ALLOWED)
  })

  describe.each(DRIVERS)('%s', (name) => {
    describe.each(WAYS)('by %s', (way) => {
      const topic = topicOf(name, way)
      const doorOf = (expired = false): Door =>
        way === 'mtls' ? (expired ? 'expiredMtls' : 'mtls') : expired ? 'expiredSasl' : 'sasl'

      it('delivers, and knows that Kafka is there', async () => {
        const driver = stage.drivers.make(name, way, doorOf())
        expect((await driver.send(driver.freeze(topic, numbered(topic, 30, 5)))).left).toEqual([])
        expect(await driver.probe()).toBeNull()
      })

      it('says what is wrong with a wrong password, secret or certificate, and not what it is', async () => {
        const wrong =
          way === 'mtls' ? { identity: await stage.strangers.issue('writer') } : { password: 'wr0ng-one' }
        const driver = stage.drivers.make(name, way, doorOf(), wrong)
        for (const failure of await bothFailures(driver, topic)) {
          expect(failure).toMatchObject({ kind: 'cluster', code: WRONG[way].code })
          expect(failure.message).toMatch(WRONG[way].words)
          expect(JSON.stringify(failure)).not.toContain('wr0ng-one')
        }
      })

      it("says that the broker's certificate has expired", async () => {
        const driver = stage.drivers.make(name, way, doorOf(true))
        for (const failure of await bothFailures(driver, topic)) {
          expect(failure).toMatchObject({ kind: 'cluster', code: 'TlsCertificateExpired' })
          expect(failure.message).toMatch(/certificate has expired: renew it at the broker/)
        }
      })

      it('says topic for the one that it may not write, and delivers the others', async () => {
        const driver = stage.drivers.make(name, way, doorOf())
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
}
