import { describe, expect, it } from 'vitest'
import { describeOptions, helpText, optionsTable } from '../../src/config/describe-options.ts'
import { COMMAND_FLAGS, CONFIG_FLAG } from '../../src/config/from-flags.ts'
import { OPTION_LIST, SECRETS } from '../../src/config/option-list.ts'
import { createAuthority } from '../support/kafka/tls-files.ts'
import { load, mistakesOf, valueAt, yamlWith } from './sources.ts'

/** A good value other than the default, and a wrong one (null: every text is good), for each option. */
const SAMPLES: Readonly<Record<string, readonly [text: string, value: unknown, wrong: string | null]>> = {
  rules: ['other.yaml', 'other.yaml', null],
  workers: ['auto', 'auto', '0'],
  'grpc.host': ['127.0.0.2', '127.0.0.2', 'a b'],
  'grpc.port': ['9001', 9001, '70000'],
  'grpc.tls': ['on', 'on', 'true'],
  'grpc.tls_cert_file': ['tls.crt', 'tls.crt', null],
  'grpc.tls_key_file': ['tls.key', 'tls.key', null],
  'grpc.tls_client_ca_file': ['ca.crt', 'ca.crt', null],
  'grpc.tls_client_names': ['emqx.local,spiffe://a/b', ['emqx.local', 'spiffe://a/b'], '10.0.0.1'],
  'grpc.tls_min_version': ['1.3', '1.3', '1.1'],
  'grpc.handshake_timeout_ms': ['500', 500, '0'],
  'grpc.transport': ['lean', 'lean', 'own'],
  'grpc.max_receive_bytes': ['4MiB', 4_194_304, '4 apples'],
  'grpc.max_connections': ['64', 64, '0'],
  'reply.margin_ms': ['250', 250, '0.5s'],
  'kafka.driver': ['platformatic', 'platformatic', 'librdkafka'],
  'kafka.brokers': ['a:9092,b:9093', ['a:9092', 'b:9093'], 'a'],
  'kafka.client_id': ['007', '007', null],
  'kafka.linger_ms': ['0', 0, 'soon'],
  'kafka.batch_max_records': ['10', 10, '0'],
  'kafka.batch_max_bytes': ['1000', 1000, '0'],
  'kafka.compression': ['zstd', 'zstd', 'brotli'],
  'kafka.request_timeout_ms': ['10000', 10_000, '0'],
  'kafka.connection_timeout_ms': ['1', 1, '2147483648'],
  'kafka.tls': ['true', true, 'maybe'],
  'kafka.tls_ca_file': ['ca.pem', 'ca.pem', null],
  'kafka.tls_cert_file': ['tls.crt', 'tls.crt', null],
  'kafka.tls_key_file': ['tls.key', 'tls.key', null],
  'kafka.tls_key_passphrase': ['12e4', '12e4', null],
  'kafka.tls_key_passphrase_file': ['password', 'password', null],
  'kafka.tls_server_name': ['kafka.internal', 'kafka.internal', 'a b'],
  'kafka.sasl.mechanism': ['scram-sha-512', 'scram-sha-512', 'kerberos'],
  'kafka.sasl.username': ['lock', 'lock', null],
  'kafka.sasl.password': ['12e4', '12e4', null],
  'kafka.sasl.password_file': ['password', 'password', null],
  'kafka.sasl.oauth.token_url': ['https://login/token', 'https://login/token', 'http://login/token'],
  'kafka.sasl.oauth.client_id': ['lock', 'lock', null],
  'kafka.sasl.oauth.client_secret': ['12e4', '12e4', null],
  'kafka.sasl.oauth.client_secret_file': ['password', 'password', null],
  'kafka.sasl.oauth.scope': ['kafka write', 'kafka write', null],
  'kafka.sasl.oauth.audience': ['kafka', 'kafka', null],
  'kafka.sasl.oauth.ca_file': ['ca.pem', 'ca.pem', null],
  'kafka.sasl.aws.region': ['eu-central-1', 'eu-central-1', 'Frankfurt'],
  'kafka.topics.create': ['true', true, 'please'],
  'kafka.topics.partitions': ['12', 12, '0'],
  'kafka.topics.replication': ['3', 3, '40000'],
  'kafka.topics.config': [
    'retention.ms=86400000,cleanup.policy=compact,delete',
    ['retention.ms=86400000', 'cleanup.policy=compact,delete'],
    'retention.ms',
  ],
  'kafka.max_topics': ['5', 5, 'five'],
  'kafka.topic_error_ttl_ms': ['0', 0, '10m'],
  'kafka.max_record_age_ms': ['3600000', 3_600_000, 'old'],
  'dead_letters.topic': ['lost.records', 'lost.records', 'lost records'],
  'dead_letters.file': ['dead.ndjson', 'dead.ndjson', null],
  'dead_letters.file_max_bytes': ['1MiB', 1_048_576, 'little'],
  'queue.max_records': ['2000', 2000, '1e5'],
  'queue.max_bytes': ['1GiB', 1_073_741_824, '64M'],
  'queue.max_waiters': ['1', 1, '-1'],
  'queue.lane_share': ['0.75', 0.75, '50%'],
  'queue.unhealthy_lane_share': ['0.2', 0.2, '2'],
  'queue.disk.path': ['/var/queue', '/var/queue', null],
  'queue.disk.max_bytes': ['10GiB', 10_737_418_240, '64M'],
  'queue.disk.sync_ms': ['0', 0, '5ms'],
  'queue.disk.sync_bytes': ['64KiB', 65_536, '64K'],
  'stop.deadline_ms': ['0', 0, '25s'],
  'http.host': ['::1', '::1', '[::1]'],
  'http.port': ['0', 0, 'http'],
  'http.token': ['0123456789abcdef', '0123456789abcdef', null],
  'http.token_file': ['password', 'password', null],
  'hooks.filters': ['wide', 'wide', 'narrow'],
  'emqx.max_packet_bytes': ['256KiB', 262_144, 'large'],
  'emqx.api_url': ['https://emqx:18083', 'https://emqx:18083', 'emqx:18083'],
  'emqx.api_key': ['a1b2', 'a1b2', null],
  'emqx.api_key_file': ['password', 'password', null],
  'emqx.api_secret': ['12e4', '12e4', null],
  'emqx.api_secret_file': ['password', 'password', null],
  'emqx.provider_name': ['locks-2', 'locks-2', 'a b'],
  'log.level': ['silent', 'silent', 'verbose'],
}

const OAUTH = {
  EXHOOK_KAFKA_SASL_MECHANISM: 'oauthbearer',
  EXHOOK_KAFKA_SASL_OAUTH_TOKEN_URL: 'https://oauth/token',
  EXHOOK_KAFKA_SASL_OAUTH_CLIENT_ID: 'us',
  EXHOOK_KAFKA_SASL_OAUTH_CLIENT_SECRET: 's',
}
const { EXHOOK_KAFKA_SASL_OAUTH_CLIENT_SECRET: _secret, ...OAUTH_WITHOUT_SECRET } = OAUTH
const TLS = { EXHOOK_KAFKA_TLS: 'true' }
const KAFKA_CERTIFICATE = {
  ...TLS,
  EXHOOK_KAFKA_TLS_CERT_FILE: 'tls.crt',
  EXHOOK_KAFKA_TLS_KEY_FILE: 'tls.key',
}

const CERTIFICATE = { EXHOOK_GRPC_TLS_CERT_FILE: 'a', EXHOOK_GRPC_TLS_KEY_FILE: 'b' }

/** What some options need beside them to make sense. */
const COMPANY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'grpc.tls': CERTIFICATE,
  'grpc.tls_cert_file': { EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_KEY_FILE: 'b' },
  'grpc.tls_key_file': { EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_CERT_FILE: 'a' },
  'grpc.tls_client_ca_file': { EXHOOK_GRPC_TLS: 'on', ...CERTIFICATE },
  'grpc.tls_client_names': { EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_CLIENT_CA_FILE: 'c', ...CERTIFICATE },
  'kafka.tls_ca_file': TLS,
  'kafka.tls_cert_file': KAFKA_CERTIFICATE,
  'kafka.tls_key_file': KAFKA_CERTIFICATE,
  'kafka.tls_key_passphrase': KAFKA_CERTIFICATE,
  'kafka.tls_key_passphrase_file': KAFKA_CERTIFICATE,
  'kafka.tls_server_name': TLS,
  'kafka.sasl.oauth.token_url': OAUTH,
  'kafka.sasl.oauth.client_id': OAUTH,
  'kafka.sasl.oauth.client_secret': OAUTH_WITHOUT_SECRET,
  'kafka.sasl.oauth.client_secret_file': OAUTH_WITHOUT_SECRET,
  'kafka.sasl.oauth.scope': OAUTH,
  'kafka.sasl.oauth.audience': OAUTH,
  'kafka.sasl.oauth.ca_file': OAUTH,
  'kafka.sasl.aws.region': { ...TLS, EXHOOK_KAFKA_SASL_MECHANISM: 'aws-msk-iam' },
  'kafka.sasl.mechanism': { EXHOOK_KAFKA_SASL_USERNAME: 'u', EXHOOK_KAFKA_SASL_PASSWORD: 'p' },
  'kafka.sasl.username': { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_PASSWORD: 'p' },
  'kafka.sasl.password': { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_USERNAME: 'u' },
  'kafka.sasl.password_file': { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_USERNAME: 'u' },
  'emqx.api_key': { EXHOOK_EMQX_API_SECRET: 's' },
  'emqx.api_key_file': { EXHOOK_EMQX_API_SECRET: 's' },
  'emqx.api_secret': { EXHOOK_EMQX_API_KEY: 'k' },
  'emqx.api_secret_file': { EXHOOK_EMQX_API_KEY: 'k' },
}
const authority = await createAuthority()
const { cert, key } = await authority.issue('us')
const FILES = { 'ca.pem': authority.cert, 'tls.crt': cert, 'tls.key': key, password: 'from-the-file-of-it\n' }

it('has a sample for every option', () => {
  expect(Object.keys(SAMPLES)).toEqual(OPTION_LIST.map(({ path }) => path))
})

describe.each(OPTION_LIST)('$path', (option) => {
  const [text, value, wrong] = SAMPLES[option.path] ?? ['', undefined, null]
  const { [option.env]: _own, ...env } = COMPANY[option.path] ?? {}

  it('is named after its path', () => {
    expect(option.env).toBe(`EXHOOK_${option.path.toUpperCase().replaceAll('.', '_')}`)
    expect(option.flag).toBe(option.path.replaceAll('.', '-').replaceAll('_', '-'))
  })

  it('has a default that it could be set to', () => {
    if (option.default !== null) expect(option.format.accepts(option.default)).toBe(true)
    expect(valueAt(load({}), option.path)).toEqual(option.default)
    expect(option.default).not.toEqual(value)
  })

  if (option.secret) {
    it('is refused in the file, with the way to do it', () => {
      expect(mistakesOf({ yaml: yamlWith(option.path, text) })).toEqual([
        expect.stringMatching(
          new RegExp(
            `^config.yaml:\\d+:\\d+: ${option.path}: a secret .* set ${option.env}, .* ${option.path}_file$`,
          ),
        ),
      ])
    })
  } else {
    it('is set by the file', () => {
      expect(valueAt(load({ yaml: yamlWith(option.path, text), env, files: FILES }), option.path)).toEqual(
        value,
      )
    })
  }

  it('is set by the environment', () => {
    expect(valueAt(load({ env: { ...env, [option.env]: text }, files: FILES }), option.path)).toEqual(value)
  })

  if (!option.secret) {
    it.each([
      ['--flag value', [`--${option.flag}`, text]],
      ['--flag=value', [`--${option.flag}=${text}`]],
    ])('is set by %s', (_, argv) => {
      expect(valueAt(load({ argv, env, files: FILES }), option.path)).toEqual(value)
    })
  }

  if (wrong !== null) {
    it('tells a wrong value of each source, with its place', () => {
      const depth = option.path.split('.').length
      const key = option.path.split('.').at(-1) ?? ''
      const place = `config.yaml:${depth}:${2 * (depth - 1) + key.length + 3}: ${option.path}: `
      const mistakes = mistakesOf({
        yaml: yamlWith(option.path, JSON.stringify(wrong)),
        env: { ...env, [option.env]: wrong },
        argv: [`--${option.flag}=${wrong}`],
      })
      expect(mistakes).toHaveLength(3)
      for (const mistake of mistakes)
        expect(mistake).toContain(`: must be ${option.format.expects}, not \`${wrong}\``)
      expect(mistakes[0]?.startsWith(place)).toBe(true)
      expect(mistakes[1]?.startsWith(`${option.env}: `)).toBe(true)
      expect(mistakes[2]?.startsWith(`--${option.flag}: `)).toBe(true)
    })
  }

  it('is in the reference and in the help', () => {
    const row = describeOptions().find(({ path }) => path === option.path)
    expect(row).toMatchObject({ env: option.env, doc: option.doc })
    expect(row?.unit).not.toBe('')
    expect(option.doc).toMatch(/^[A-Z].*[.]$/)
    expect(optionsTable()).toContain(`| \`${option.path}\` | `)
    expect(helpText()).toContain(option.secret ? `${option.env} (no flag)` : `--${option.flag}=`)
  })
})

describe('the options together', () => {
  it('have names that clash with no other', () => {
    const flags = [...OPTION_LIST.map(({ flag }) => flag), ...COMMAND_FLAGS, CONFIG_FLAG]
    expect(new Set(flags).size).toBe(flags.length)
    expect(new Set(OPTION_LIST.map(({ env }) => env)).size).toBe(OPTION_LIST.length)
  })

  it('let every secret come from a file, by a variable that ends in _FILE', () => {
    const secrets = OPTION_LIST.filter(({ secret }) => secret)
    expect(secrets.length).toBeGreaterThan(0)
    expect(SECRETS.map(({ secret }) => secret)).toEqual(secrets)
    for (const { secret, file } of SECRETS) {
      expect(file.env).toBe(`${secret.env}_FILE`)
    }
  })

  it('are shown with their defaults as one writes them', () => {
    const defaults = Object.fromEntries(describeOptions().map((row) => [row.path, row.default]))
    expect(defaults).toMatchObject({
      'grpc.max_receive_bytes': '16MiB',
      'kafka.brokers': '127.0.0.1:9092',
      'kafka.batch_max_bytes': '512KiB',
      'queue.max_bytes': '64MiB',
      'kafka.tls': 'false',
      'grpc.tls': '',
    })
  })
})
