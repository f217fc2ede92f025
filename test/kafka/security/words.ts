import { beforeAll, describe, expect, it } from 'vitest'
import type { FailureKind } from '../../../src/kafka/kafka-driver.ts'
import { allow } from '../../support/kafka/acls.ts'
import { allowWriting, type Door, ELSEWHERE } from '../../support/kafka/secure-kafka.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { numbered } from '../../support/records.ts'
import { startTokenEndpoint } from '../../support/token-endpoint.ts'
import { DRIVERS } from '../drivers.ts'
import { bothFailures, type Otherwise, type SecureStage, type Way } from './secure-drivers.ts'

interface Case {
  readonly is: string
  readonly way: Way | 'none'
  readonly door: Door | 'open'
  readonly other?: (stage: SecureStage) => Otherwise | Promise<Otherwise>
  readonly kind: FailureKind
  readonly code: string | RegExp
  readonly words: RegExp
}

/** What else can be set wrong, beside the matrix. */
const CASES: readonly Case[] = [
  {
    ...{ is: 'no TLS where the broker speaks it', way: 'plain', door: 'sasl', other: () => ({ tls: false }) },
    ...{ kind: 'cluster', code: 'TlsNeeded', words: /set `kafka\.tls: true`/ },
  },
  {
    ...{
      is: 'TLS where the broker does not speak it',
      way: 'none',
      door: 'open',
      other: () => ({ tls: true }),
    },
    ...{ kind: 'connection', code: 'TlsHandshakeCut', words: /look at kafka\.tls and kafka\.brokers/ },
  },
  {
    ...{ is: 'the authorities of somebody else', way: 'plain', door: 'sasl' },
    other: ({ strangers }) => ({ ca: strangers.cert }),
    ...{ kind: 'cluster', code: 'TlsCertificateNotTrusted', words: /look at kafka\.tls_ca_file/ },
  },
  {
    ...{ is: "no authorities but Node.js's", way: 'plain', door: 'sasl', other: () => ({ ca: null }) },
    ...{ kind: 'cluster', code: 'TlsCertificateNotTrusted', words: /look at kafka\.tls_ca_file/ },
  },
  {
    ...{ is: 'a certificate of another host', way: 'plain', door: 'elsewhere' },
    ...{ kind: 'cluster', code: 'TlsWrongHostName', words: /kafka\.brokers.*or set kafka\.tls_server_name/ },
  },
  {
    ...{ is: 'no client certificate', way: 'mtls', door: 'mtls', other: () => ({ identity: null }) },
    ...{ kind: 'cluster', code: 'TlsClientCertificateMissing' },
    words: /set kafka\.tls_cert_file and kafka\.tls_key_file/,
  },
  {
    ...{ is: 'a client certificate that has expired', way: 'mtls', door: 'mtls' },
    other: async ({ secure }) => ({ identity: await secure.authority.issue('writer', { endsInMs: -1000 }) }),
    ...{
      kind: 'cluster',
      code: 'TlsClientCertificateRefused',
      words: /kafka\.tls_cert_file: whether it has expired/,
    },
  },
  {
    ...{ is: 'a mechanism that the broker does not have', way: 'scram-sha-512', door: 'unencrypted' },
    ...{
      kind: 'cluster',
      code: 'UNSUPPORTED_SASL_MECHANISM',
      words: /kafka\.sasl\.mechanism.*sasl\.enabled\.mechanisms/,
    },
  },
  {
    ...{ is: 'no login where the broker wants one', way: 'none', door: 'sasl' },
    ...{
      kind: 'connection',
      code: /Closed|Network/,
      words: /whether its listener wants .* a login \(kafka\.sasl\.mechanism\)/,
    },
  },
  {
    ...{ is: 'a login where the broker wants none', way: 'plain', door: 'open' },
    ...{
      kind: 'cluster',
      code: 'ILLEGAL_SASL_STATE',
      words: /the listener wants no login: look at kafka\.sasl\.mechanism/,
    },
  },
  {
    ...{ is: 'an OAuth server that is not there', way: 'oauthbearer', door: 'sasl' },
    other: () => ({ env: { SASL_OAUTH_TOKEN_URL: 'http://127.0.0.1:1/token' } }),
    ...{
      kind: 'connection',
      code: 'TokenError',
      words: /ECONNREFUSED .*look at kafka\.sasl\.oauth\.token_url/,
    },
  },
  {
    ...{ is: 'a token that the broker does not take', way: 'oauthbearer', door: 'sasl' },
    other: () => ({ env: { SASL_OAUTH_AUDIENCE: 'somebody-else' } }),
    ...{ kind: 'cluster', code: 'TokenError' },
    words:
      /does not take the token \(invalid_token\): look at kafka\.sasl\.oauth\.scope, kafka\.sasl\.oauth\.audience/,
  },
  {
    ...{
      is: 'a user without the right to write at all',
      way: 'plain',
      door: 'sasl',
      other: () => ({ user: 'stranger' }),
    },
    ...{
      kind: 'cluster',
      code: 'CLUSTER_AUTHORIZATION_FAILED',
      words: /needs the right Write .*look at the ACLs/,
    },
  },
]

export function describeSecurityWords(stage: SecureStage): void {
  beforeAll(async () => {
    const { kafka } = stage.secure
    await createTopics(kafka.bootstrap, ['worded'], 2)
    await allowWriting(stage.secure, ['worded'])
    await allow(kafka.bootstrap, 'User:stranger', 'worded', ['Describe'])
  })

  describe.each(DRIVERS)('%s has words for', (name) => {
    it.each(CASES)('$is', async ({ way, door, other, kind, code, words }) => {
      const driver = stage.drivers.make(name, way, door, await other?.(stage))
      // A sign of life needs no right on anything.
      const sent = (await driver.send(driver.freeze('worded', numbered('worded', 2, 2)))).left[0]?.failure
      const probed = await driver.probe()
      for (const failure of code === 'CLUSTER_AUTHORIZATION_FAILED' ? [sent] : [sent, probed]) {
        expect(failure).toMatchObject({ kind, code: expect.stringMatching(code) })
        expect(failure?.message).toMatch(words)
      }
    })

    it('a certificate of another host, and delivers when that host is named', async () => {
      const env = { TLS_SERVER_NAME: ELSEWHERE }
      const driver = stage.drivers.make(name, 'plain', 'elsewhere', { env })
      expect((await driver.send(driver.freeze('worded', numbered('worded', 3, 3)))).left).toEqual([])
    })

    it('an OAuth server with a certificate of its own, and delivers when its authority is named', async () => {
      const { secure, strangers } = stage
      const { cert, key } = await strangers.issue('oauth')
      const clients = { writer: 'right-password' }
      const privateServer = await startTokenEndpoint({ clients, tls: { cert, key }, signWith: secure.tokens })
      const env = { SASL_OAUTH_TOKEN_URL: privateServer.url }
      const [untold] = await bothFailures(stage.drivers.make(name, 'oauthbearer', 'sasl', { env }), 'worded')
      expect(untold).toMatchObject({ kind: 'connection', code: 'TokenError' })
      expect(untold?.message).toMatch(/look at kafka\.sasl\.oauth\.ca_file/)
      const told = stage.drivers.make(name, 'oauthbearer', 'sasl', {
        env: { ...env, SASL_OAUTH_CA_FILE: 'oauth.pem' },
        files: { 'oauth.pem': strangers.cert },
      })
      expect((await told.send(told.freeze('worded', numbered('worded', 3, 3)))).left).toEqual([])
      await privateServer.close()
    })
  })
}
