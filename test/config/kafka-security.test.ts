import { beforeAll, describe, expect, it } from 'vitest'
import { type Authority, createAuthority, type Identity } from '../support/kafka/tls-files.ts'
import { load, mistakesOf } from './sources.ts'

let authority: Authority
let identity: Identity
let files: Record<string, string>

beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue('us')
  files = {
    'ca.pem': authority.cert,
    'tls.crt': identity.cert,
    'tls.key': identity.key,
    'locked.key': identity.lockedKey('the-passphrase'),
    'other.key': (await authority.issue('other')).key,
    phrase: 'the-passphrase\n',
    secret: 's3cret\n',
    wrong: 'wr0ng\n',
    words: 'no PEM at all',
  }
})

const of = (yaml: string) => ({ yaml: `kafka:\n${yaml.replace(/^/gm, '  ')}`, files })

describe('takes', () => {
  it('a client certificate and its encrypted key', () => {
    const { kafka } = load(
      of(`tls: true
tls_ca_file: ca.pem
tls_cert_file: tls.crt
tls_key_file: locked.key
tls_key_passphrase_file: phrase
tls_server_name: kafka.internal`),
    )
    expect(kafka).toMatchObject({ tlsKeyPassphrase: 'the-passphrase', tlsServerName: 'kafka.internal' })
  })

  it.each([
    'https://login.example.com/realms/a/protocol/openid-connect/token',
    'http://127.0.0.1:8080/token',
    'http://localhost/token',
    'http://[::1]:8080/token',
  ])('%s for tokens', (url) => {
    const { sasl } = load(
      of(`sasl:
  mechanism: oauthbearer
  oauth: {token_url: "${url}", client_id: us, client_secret_file: secret, scope: kafka, audience: kafka}`),
    ).kafka
    expect(sasl.oauth).toMatchObject({ tokenUrl: url, clientSecret: 's3cret', scope: 'kafka' })
  })

  it('a region for Amazon MSK', () => {
    const { sasl } = load(of('tls: true\nsasl: {mechanism: aws-msk-iam, aws: {region: eu-central-1}}')).kafka
    expect(sasl.aws.region).toBe('eu-central-1')
  })
})

describe('refuses, at its place,', () => {
  it.each([
    [
      'files that are no PEM',
      'tls: true\ntls_ca_file: words',
      /^config.yaml:3:16: kafka.tls_ca_file: holds no certificate in PEM form/,
    ],
    [
      'a key of another certificate',
      'tls: true\ntls_cert_file: tls.crt\ntls_key_file: other.key',
      /^config.yaml:4:17: kafka.tls_key_file: the private key is not the one/,
    ],
    [
      'an encrypted key without its passphrase',
      'tls: true\ntls_cert_file: tls.crt\ntls_key_file: locked.key',
      /kafka.tls_key_file: the private key is encrypted: give its passphrase by kafka.tls_key_passphrase \(a file by …_passphrase_file\)$/,
    ],
    [
      'a wrong passphrase',
      'tls: true\ntls_cert_file: tls.crt\ntls_key_file: locked.key\ntls_key_passphrase_file: wrong',
      /kafka.tls_key_file: the private key cannot be decrypted: the passphrase is wrong/,
    ],
    ['a certificate without a key', 'tls: true\ntls_cert_file: tls.crt', /kafka.tls_key_file is missing/],
    ['a key without a certificate', 'tls: true\ntls_key_file: tls.key', /kafka.tls_cert_file is missing/],
    ['a passphrase without a key', 'tls: true\ntls_key_passphrase_file: wrong', /a passphrase, but no key/],
    [
      'a certificate without TLS',
      'tls_cert_file: tls.crt\ntls_key_file: tls.key',
      /tls_cert_file is of no use without `kafka.tls: true`/,
    ],
    ['a name without TLS', 'tls_server_name: kafka.internal', /tls_server_name is of no use without/],
    [
      'oauthbearer without its options',
      'sasl: {mechanism: oauthbearer}',
      /oauthbearer needs kafka.sasl.oauth.token_url/,
    ],
    ['OAuth without oauthbearer', 'sasl: {oauth: {scope: kafka}}', /kafka.sasl.oauth is of no use without/],
    [
      'a password with aws-msk-iam',
      'tls: true\nsasl: {mechanism: aws-msk-iam, username: us, aws: {region: eu-west-1}}',
      /aws-msk-iam takes no user name/,
    ],
    [
      'aws-msk-iam without TLS',
      'sasl: {mechanism: aws-msk-iam, aws: {region: eu-west-1}}',
      /needs kafka.sasl.aws.region and `kafka.tls: true`/,
    ],
    [
      'aws-msk-iam without a region',
      'tls: true\nsasl: {mechanism: aws-msk-iam}',
      /needs kafka.sasl.aws.region/,
    ],
    ['a region without aws-msk-iam', 'sasl: {aws: {region: eu-west-1}}', /region is of no use without/],
    [
      'what is no region',
      'tls: true\nsasl: {mechanism: aws-msk-iam, aws: {region: Frankfurt}}',
      /must be an AWS region like eu-central-1/,
    ],
    ...[
      'http://login.example.com/token',
      'http://10.0.0.1/token',
      'https://us:s3cret@login.example.com/token',
      'login',
    ].map((url): [string, string, RegExp] => [
      `${url} for tokens`,
      `sasl: {mechanism: oauthbearer, oauth: {token_url: "${url}", client_id: us, client_secret_file: secret}}`,
      /kafka.sasl.oauth.token_url: must be an https:\/\/ address .*http:\/\/ only on this machine/,
    ]),
  ])('%s', (_, yaml, mistake) => {
    const mistakes = mistakesOf(of(yaml))
    expect(mistakes).toEqual([expect.stringMatching(mistake)])
    expect(mistakes.join()).not.toMatch(/wr0ng|s3cret|the-passphrase/)
  })
})
