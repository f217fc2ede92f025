import { expect, it } from 'vitest'
import { kafkaClientConfig, whoWeAre } from '../../src/kafka/client-config.ts'
import { load } from '../config/sources.ts'
import { createAuthority } from '../support/kafka/tls-files.ts'
import { quietLog } from '../support/quiet-log.ts'

const { cert, key } = await (await createAuthority()).issue('us')
const files = { cert, key, secret: 'p' }

const LOGINS = [
  ['tls: false', 'whom Kafka takes us for without a login', undefined],
  [
    'tls: true\n  tls_cert_file: cert\n  tls_key_file: key',
    'whom Kafka takes us for by kafka.tls_cert_file',
    undefined,
  ],
  [
    'sasl: {mechanism: plain, username: u, password_file: secret}',
    'the user of kafka.sasl.username',
    'plain',
  ],
  [
    'sasl: {mechanism: oauthbearer, oauth: {token_url: "https://o/t", client_id: c, client_secret_file: secret}}',
    'whom Kafka takes us for by our token (kafka.sasl.oauth.client_id)',
    'oauthbearer',
  ],
  [
    'tls: true\n  sasl: {mechanism: aws-msk-iam, aws: {region: eu-central-1}}',
    'our IAM role (kafka-cluster:DescribeTopic and kafka-cluster:WriteData)',
    'oauthbearer',
  ],
] as const

it.each(LOGINS)('knows how we log in, and whom to grant something: %s', (yaml, who, mechanism) => {
  const { kafka } = load({ yaml: `kafka:\n  ${yaml}\n`, files })
  expect(whoWeAre(kafka)).toBe(who)
  const client = kafkaClientConfig(kafka, { readFile: () => '', log: quietLog })
  expect(client.sasl?.mechanism).toBe(mechanism)
  expect(client.tls === null).toBe(!kafka.tls)
})
