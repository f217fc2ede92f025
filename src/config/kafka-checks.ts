import type { KafkaConfig, SaslConfig } from './config.ts'
import type { CrossCheck } from './cross-checks.ts'

const isByPassword = ({ mechanism }: SaslConfig): boolean =>
  mechanism === 'plain' || mechanism === 'scram-sha-256' || mechanism === 'scram-sha-512'

/** A rule between the options of `kafka`. */
const check = (
  paths: readonly string[],
  find: (kafka: KafkaConfig) => string | undefined | false,
): CrossCheck => ({ paths, find: ({ kafka }) => find(kafka) || undefined })

/** A TLS option that is of no use by itself. */
const needsTls = (path: string, isSet: (kafka: KafkaConfig) => boolean): CrossCheck =>
  check(
    [path, 'kafka.tls'],
    (kafka) =>
      isSet(kafka) &&
      !kafka.tls &&
      `${path} is of no use without \`kafka.tls: true\`; set it, or remove the file`,
  )

export const KAFKA_CHECKS: readonly CrossCheck[] = [
  check(['kafka.brokers', 'kafka.driver'], ({ brokers, driver }) => {
    const literal = brokers.find((broker) => broker.startsWith('['))
    return (
      driver === 'kafkajs' &&
      literal !== undefined &&
      `kafkajs cannot take the address ${literal}: use a host name, or \`kafka.driver: platformatic\``
    )
  }),
  needsTls('kafka.tls_ca_file', ({ tlsCaFile }) => tlsCaFile !== null),
  needsTls('kafka.tls_cert_file', ({ tlsCertFile }) => tlsCertFile !== null),
  check(
    ['kafka.tls_server_name', 'kafka.tls'],
    ({ tls, tlsServerName }) =>
      tlsServerName !== null &&
      !tls &&
      'kafka.tls_server_name is of no use without `kafka.tls: true`; set it, or remove the name',
  ),
  check(['kafka.tls_cert_file', 'kafka.tls_key_file'], ({ tlsCertFile, tlsKeyFile }) => {
    if ((tlsCertFile === null) === (tlsKeyFile === null)) return false
    const missing = tlsCertFile === null ? 'kafka.tls_cert_file' : 'kafka.tls_key_file'
    return `${missing} is missing: a client certificate and its private key go together`
  }),
  check(
    ['kafka.tls_key_passphrase', 'kafka.tls_key_file'],
    ({ tlsKeyPassphrase, tlsKeyFile }) =>
      tlsKeyPassphrase !== null &&
      tlsKeyFile === null &&
      'a passphrase, but no key: set kafka.tls_key_file, or remove the passphrase',
  ),
  check(
    ['kafka.sasl.mechanism', 'kafka.sasl.username', 'kafka.sasl.password'],
    ({ sasl }) =>
      isByPassword(sasl) &&
      (sasl.username === null || sasl.password === null) &&
      `${sasl.mechanism} needs kafka.sasl.username and kafka.sasl.password ` +
        '(EXHOOK_KAFKA_SASL_PASSWORD, or a file by kafka.sasl.password_file)',
  ),
  check(
    ['kafka.sasl.username', 'kafka.sasl.password', 'kafka.sasl.mechanism'],
    ({ sasl }) =>
      !isByPassword(sasl) &&
      (sasl.username !== null || sasl.password !== null) &&
      (sasl.mechanism === 'none'
        ? 'a user name or a password, but nobody logs in: set kafka.sasl.mechanism, or remove them'
        : `${sasl.mechanism} takes no user name and no password: remove them`),
  ),
  check(
    [
      'kafka.sasl.mechanism',
      'kafka.sasl.oauth.token_url',
      'kafka.sasl.oauth.client_id',
      'kafka.sasl.oauth.client_secret',
    ],
    ({ sasl: { mechanism, oauth } }) =>
      mechanism === 'oauthbearer' &&
      (oauth.tokenUrl === null || oauth.clientId === null || oauth.clientSecret === null) &&
      'oauthbearer needs kafka.sasl.oauth.token_url, kafka.sasl.oauth.client_id and kafka.sasl.oauth.client_secret ' +
        '(EXHOOK_KAFKA_SASL_OAUTH_CLIENT_SECRET, or a file by kafka.sasl.oauth.client_secret_file)',
  ),
  check(
    [
      ...['token_url', 'client_id', 'client_secret', 'scope', 'audience', 'ca_file'].map(
        (key) => `kafka.sasl.oauth.${key}`,
      ),
      'kafka.sasl.mechanism',
    ],
    ({ sasl: { mechanism, oauth } }) =>
      mechanism !== 'oauthbearer' &&
      Object.values(oauth).some((value) => value !== null) &&
      'kafka.sasl.oauth is of no use without `kafka.sasl.mechanism: oauthbearer`; set it, or remove the section',
  ),
  check(
    ['kafka.sasl.mechanism', 'kafka.sasl.aws.region', 'kafka.tls'],
    ({ tls, sasl: { mechanism, aws } }) =>
      mechanism === 'aws-msk-iam' &&
      (aws.region === null || !tls) &&
      'aws-msk-iam needs kafka.sasl.aws.region and `kafka.tls: true`',
  ),
  check(
    ['kafka.sasl.aws.region', 'kafka.sasl.mechanism'],
    ({ sasl: { mechanism, aws } }) =>
      mechanism !== 'aws-msk-iam' &&
      aws.region !== null &&
      'kafka.sasl.aws.region is of no use without `kafka.sasl.mechanism: aws-msk-iam`; set it, or remove the region',
  ),
]
