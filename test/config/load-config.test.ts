import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { load, mistakesOf } from './sources.ts'

describe('precedence', () => {
  const yaml = 'grpc:\n  port: 1\n'
  const env = { EXHOOK_GRPC_PORT: '2' }
  const argv = ['--grpc-port', '3']

  it('is flag over environment over file over default', () => {
    expect(load({}).grpc.port).toBe(9000)
    expect(load({ yaml }).grpc.port).toBe(1)
    expect(load({ yaml, env }).grpc.port).toBe(2)
    expect(load({ yaml, env, argv }).grpc.port).toBe(3)
    expect(load({ yaml, argv }).grpc.port).toBe(3)
    expect(load({ env, argv }).grpc.port).toBe(3)
  })

  it('is decided key by key', () => {
    const { kafka } = load({
      yaml: 'kafka:\n  linger_ms: 1\n  client_id: file\n',
      env: { EXHOOK_KAFKA_CLIENT_ID: 'env' },
      argv: ['--kafka-tls'],
    })
    expect(kafka).toMatchObject({ lingerMs: 1, clientId: 'env', tls: true, compression: 'none' })
  })

  it('finds a wrong value also where it is covered', () => {
    expect(mistakesOf({ yaml: 'grpc:\n  port: x\n', argv })).toEqual([
      'config.yaml:2:9: grpc.port: must be a port from 0 to 65535, not `x`',
    ])
  })

  it('takes the file that the flag names over the one that the environment names', () => {
    const files = { 'a.yaml': 'grpc: {port: 1}', 'b.yaml': 'grpc: {port: 2}' }
    expect(load({ files, env: { EXHOOK_CONFIG: 'a.yaml' } }).grpc.port).toBe(1)
    expect(load({ files, env: { EXHOOK_CONFIG: 'a.yaml' }, argv: ['--config=b.yaml'] }).grpc.port).toBe(2)
  })
})

describe('all mistakes at once', () => {
  it('come with their places, the file from top to bottom first', () => {
    const yaml = [
      'grpc:',
      '  prot: 9000',
      '  host: 0.0.0.0',
      'kafka:',
      '  brokers: [a:9092, b, "u:hunter2@c:9092"]',
      '  tls_ca_file: none.pem',
      'max_records: 5',
      'queue:',
      '  max_bytes: 1KiB',
      '  lane_share: 0',
      'log: loud',
      'http:',
      '  port:',
    ].join('\n')
    expect(
      mistakesOf({
        yaml,
        env: { EXHOOK_GRPC_PROT: '5', EXHOOK_HTTP_PORT: 'tcp://10.0.0.1:80' },
        argv: ['--log-levle', 'info', 'extra', '--reply-margin-ms'],
      }),
    ).toEqual([
      'config.yaml:2:3: grpc: unknown key `prot`, did you mean `port`?',
      'config.yaml:3:9: grpc.host: 0.0.0.0 can be reached from other machines, and hook calls come in plain text: ' +
        'let only EMQX reach it and say so by `grpc.tls: off` (EXHOOK_GRPC_TLS=off, --grpc-tls off), talk TLS by ' +
        '`grpc.tls: on` with a certificate, or keep to 127.0.0.1',
      'config.yaml:5:21: kafka.brokers: must be a list of host:port, without user name or scheme, not `b`',
      'config.yaml:5:24: kafka.brokers: must be a list of host:port, without user name or scheme (a login goes into kafka.sasl.username and kafka.sasl.password_file)',
      'config.yaml:6:16: kafka.tls_ca_file: the file cannot be read: there is none of this name',
      'config.yaml:6:16: kafka.tls_ca_file: kafka.tls_ca_file is of no use without `kafka.tls: true`; set it, or remove the file',
      'config.yaml:7:1: unknown key `max_records`, did you mean `queue.max_records`?',
      'config.yaml:10:15: queue.lane_share: must be a number above 0 and up to 1, not `0`',
      'config.yaml:11:6: log: must be a section with keys of its own: level',
      'config.yaml:13:3: http.port: has no value; write one, or remove the key',
      '`EXHOOK_GRPC_PROT` is no variable of ours, did you mean `EXHOOK_GRPC_PORT`?',
      'there is no flag `--log-levle`, did you mean `--log-level`?',
      '`extra` is not expected here: every setting is a --flag',
      '--reply-margin-ms: needs a value: --reply-margin-ms=ms',
      'EXHOOK_HTTP_PORT: must be a port from 0 to 65535, not `tcp://10.0.0.1:80` (Kubernetes sets this variable for a Service of that name: `enableServiceLinks: false` stops it)',
    ])
  })
})

describe('the file', () => {
  it.each([
    ['nothing', ''],
    ['only comments', '# grpc:\n#   port: 1\n'],
    ['an empty section', 'grpc:\nkafka: ~\n'],
    ['a byte order mark and CRLF', '\uFEFFgrpc:\r\n  port: 9000\r\n'],
  ])('may hold %s', (_, yaml) => {
    expect(load({ yaml })).toEqual(load({}))
  })

  it('may use anchors', () => {
    const yaml = 'grpc:\n  host: &here 127.0.0.9\nhttp:\n  host: *here\n'
    expect(load({ yaml }).http.host).toBe('127.0.0.9')
  })

  it('takes a text that looks like a number as it is written', () => {
    const yaml = 'kafka:\n  client_id: 0x1F\n  sasl: {mechanism: plain, username: 1e3, password_file: 007}\n'
    expect(load({ yaml, files: { '007': 'p' } }).kafka).toMatchObject({
      clientId: '0x1F',
      sasl: { username: '1e3', passwordFile: '007' },
    })
  })

  it('takes `off` as a word in old YAML too, where it means false', () => {
    expect(load({ yaml: '%YAML 1.1\n---\ngrpc:\n  host: 0.0.0.0\n  tls: off\n' }).grpc.tls).toBe('off')
  })

  it('takes a list as a list or as one text', () => {
    const brokers = ['a:1', 'b:2']
    expect(load({ yaml: 'kafka: {brokers: "a:1, b:2"}' }).kafka.brokers).toEqual(brokers)
    expect(load({ yaml: 'kafka:\n  brokers:\n    - a:1\n    - b:2\n' }).kafka.brokers).toEqual(brokers)
  })

  it('takes the settings of new topics as a map, a list or one text, with a comma inside a value', () => {
    const config = ['retention.ms=1000', 'cleanup.policy=compact,delete']
    for (const written of [
      '{retention.ms: 1000, cleanup.policy: "compact,delete"}',
      '[retention.ms=1000, "cleanup.policy=compact,delete"]',
      '"retention.ms=1000,cleanup.policy=compact,delete"',
    ]) {
      expect(load({ yaml: `kafka: {topics: {config: ${written}}}` }).kafka.topics.config).toEqual(config)
    }
  })

  it.each([
    [
      'kafka:\n  topics:\n    config: {a: }\n',
      "3:13: kafka.topics.config: must be Kafka's settings of a topic as name=value,…, no name twice, not `a=`",
    ],
    [
      'kafka:\n  topics:\n    config: {a: {b: 1}}\n',
      "3:13: kafka.topics.config: must be Kafka's settings of a topic as name=value,…, no name twice, not `a=`",
    ],
    [
      'kafka:\n  topics:\n    config: {}\n',
      "3:13: kafka.topics.config: must be Kafka's settings of a topic as name=value,…, no name twice, not ``",
    ],
    [
      'kafka:\n  brokers: []\n',
      '2:12: kafka.brokers: must be a list of host:port, without user name or scheme, not ``',
    ],
    [
      'kafka:\n  brokers:\n    - [a:1]\n',
      '3:7: kafka.brokers: must be a list of host:port, without user name or scheme',
    ],
    ['grpc:\n  port: [1]\n', '2:9: grpc.port: must be a port from 0 to 65535'],
    ['grpc:\n  port: {a: 1}\n', '2:9: grpc.port: must be a port from 0 to 65535'],
    [
      '- grpc\n',
      '1:1: must be a section with keys of its own: rules, workers, grpc, reply, kafka, dead_letters, queue, stop, http, hooks, emqx, log',
    ],
    [
      'just text',
      '1:1: must be a section with keys of its own: rules, workers, grpc, reply, kafka, dead_letters, queue, stop, http, hooks, emqx, log',
    ],
    ['? [grpc]\n: 1\n', '1:3: this is no key of ours'],
    ['__proto__:\n  x: 1\n', '1:1: unknown key `__proto__`'],
    ['grpc:\n  constructor: 1\n', '2:3: grpc: unknown key `constructor`'],
    ['grpc:\n  host: *nobody\n', '2:9: grpc.host: must be an IP address or a host name, without port'],
  ])('%j is a mistake', (yaml, mistake) => {
    expect(mistakesOf({ yaml })).toEqual([`config.yaml:${mistake}`])
  })

  it.each([
    ['grpc:\n  port: 1\n  port: 2\n', '3:3: this key stands here twice; remove one'],
    [
      'rules: "a\n',
      'a character is missing: a colon, a closing quote, bracket or brace, or a space before `#`',
    ],
    ['grpc:\n\tport: 1\n', '2:1: a tab in the indentation; use spaces'],
    [
      'grpc: {port: 1\n',
      '2:1: wrong indentation (keys of one section begin in the same column), or a bracket not closed',
    ],
    ['rules: @a\n', '1:8: a text cannot begin with this character; put it in quotes'],
    ['rules: !a b\n', '1:8: unknown tag; put a text that begins with `!` in quotes'],
    ['rules: a\n---\nrules: b\n', '2:1: a second document begins here; the file holds only one'],
    [`rules: ${'['.repeat(20_000)}`, 'nested too deeply'],
  ])('%.40j is no YAML', (yaml, mistake) => {
    const mistakes = mistakesOf({ yaml })
    expect(mistakes[0]).toContain(mistake)
    expect(mistakes[0]).toMatch(/^config\.yaml:\d+:\d+: /)
  })

  it('has to be readable', () => {
    expect(mistakesOf({ argv: ['--config', 'none.yaml'] })).toEqual([
      'none.yaml: the file cannot be read: there is none of this name',
    ])
  })

  it('has an end', () => {
    expect(mistakesOf({ yaml: `# ${'x'.repeat(1_000_000)}` })).toEqual([
      'config.yaml: is longer than a configuration can be',
    ])
  })
})

describe('the environment', () => {
  it('may hold what is not ours, what tests use, and what Kubernetes makes of Services', () => {
    const env = {
      PATH: '/bin',
      EXHOOKER: '1',
      exhook_grpc_prot: '1',
      EXHOOK_TEST_KAFKA: 'x',
      EXHOOK_RULES: 'r.yaml',
      EXHOOK_KAFKA_SERVICE_HOST: '10.0.0.1',
      EXHOOK_KAFKA_SERVICE_PORT: '9000',
      EXHOOK_KAFKA_SERVICE_PORT_GRPC: '9000',
      EXHOOK_KAFKA_PORT: 'tcp://10.0.0.1:9000',
      EXHOOK_KAFKA_PORT_9000_TCP: 'tcp://10.0.0.1:9000',
      EXHOOK_KAFKA_PORT_9000_TCP_PROTO: 'tcp',
      EXHOOK_KAFKA_PORT_9000_TCP_PORT: '9000',
      EXHOOK_KAFKA_PORT_9000_TCP_ADDR: '10.0.0.1',
    }
    expect(load({ env })).toEqual({ ...load({}), rules: 'r.yaml' })
  })

  it('counts an empty variable as not set', () => {
    expect(
      load({ yaml: 'grpc: {port: 5}', env: { EXHOOK_GRPC_PORT: '', EXHOOK_CONFIG: '' } }).grpc.port,
    ).toBe(5)
  })

  it('refuses a variable that it does not know', () => {
    expect(mistakesOf({ env: { EXHOOK_QUEUE_MAXRECORDS: '5', EXHOOK_PORT: '9000' } })).toEqual([
      '`EXHOOK_QUEUE_MAXRECORDS` is no variable of ours, did you mean `EXHOOK_QUEUE_MAX_RECORDS`?',
      '`EXHOOK_PORT` is no variable of ours',
    ])
  })
})

describe('the flags', () => {
  it('pass over those that steer the command', () => {
    expect(load({ argv: ['--help', '--grpc-port', '1', '--print-config', '--version'] }).grpc.port).toBe(1)
  })

  it('take a lone flag as true where that is a value', () => {
    expect(load({ argv: ['--kafka-tls'] }).kafka.tls).toBe(true)
    expect(load({ argv: ['--kafka-tls', '--log-level', 'warn'] }).kafka.tls).toBe(true)
    expect(load({ argv: ['--kafka-tls', 'false'] }).kafka.tls).toBe(false)
    expect(load({ argv: ['--kafka-tls=false'] }).kafka.tls).toBe(false)
  })

  it('take a value with dashes and equals signs after the first equals sign', () => {
    expect(load({ argv: ['--kafka-client-id=--a=b\nc'] }).kafka.clientId).toBe('--a=b\nc')
  })

  it.each([
    [['--grpc-port'], '--grpc-port: needs a value: --grpc-port=port'],
    [['--grpc-port', '--kafka-tls'], '--grpc-port: needs a value: --grpc-port=port'],
    [['--grpc-port='], '--grpc-port: needs a value: --grpc-port=port'],
    [['--config'], '--config: needs a value: --config=path'],
    [['--grpc-port', '1', '--grpc-port', '1'], '--grpc-port: is given twice'],
    [['--grpc.port', '1'], 'there is no flag `--grpc.port`, did you mean `--grpc-port`?'],
    [['-p', '1'], 'there is no flag `-p`'],
    [['rules.yaml'], '`rules.yaml` is not expected here: every setting is a --flag'],
    [['--'], '`--` is not expected here: every setting is a --flag'],
    [['--grpc-port', '-1'], '--grpc-port: must be a port from 0 to 65535, not `-1`'],
  ])('%j is a mistake', (argv, mistake) => {
    expect(mistakesOf({ argv })).toEqual([mistake])
  })
})

it('says that a file is nested too deeply instead of falling over it', () => {
  for (const depth of [1000, 100_000, 200_000]) {
    const mistakes = mistakesOf({ yaml: '['.repeat(depth) })
    expect(mistakes.join()).toContain('nested too deeply')
  }
})

describe('what does not fit together', () => {
  const TLS = 'set kafka.sasl.mechanism, or remove them'
  it.each([
    [
      'the same port twice',
      { EXHOOK_HTTP_PORT: '9000' },
      'EXHOOK_HTTP_PORT: grpc and http cannot both listen',
    ],
    [
      'a refused topic with more room',
      { EXHOOK_QUEUE_LANE_SHARE: '0.05' },
      'EXHOOK_QUEUE_LANE_SHARE: queue.unhealthy_lane_share (0.1) is more than queue.lane_share (0.05)',
    ],
    [
      'an address that kafkajs cannot take',
      { EXHOOK_KAFKA_BROKERS: 'b:9092,[::1]:9092' },
      'EXHOOK_KAFKA_BROKERS: kafkajs cannot take the address [::1]:9092: use a host name',
    ],
    [
      'a disk that is too small',
      { EXHOOK_QUEUE_DISK_PATH: '/q', EXHOOK_QUEUE_DISK_MAX_BYTES: '1MiB' },
      'EXHOOK_QUEUE_DISK_MAX_BYTES: queue.disk.max_bytes (1MiB) is too little to work with: give it at least 16MiB',
    ],
    [
      'a login without a password',
      { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_USERNAME: 'u' },
      'EXHOOK_KAFKA_SASL_MECHANISM: plain needs kafka.sasl.username and kafka.sasl.password',
    ],
    ['a password without a login', { EXHOOK_KAFKA_SASL_PASSWORD: 'p' }, TLS],
    ['a user without a login', { EXHOOK_KAFKA_SASL_USERNAME: 'p' }, TLS],
    [
      'plain text for all the world',
      { EXHOOK_GRPC_HOST: '::' },
      'EXHOOK_GRPC_HOST: :: can be reached from other machines',
    ],
    [
      'TLS without a certificate',
      { EXHOOK_GRPC_TLS: 'on' },
      'EXHOOK_GRPC_TLS: TLS needs a certificate and its key: set grpc.tls_cert_file and grpc.tls_key_file (PEM)',
    ],
    [
      'a certificate without its key',
      { EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_CERT_FILE: 'a' },
      'EXHOOK_GRPC_TLS: TLS needs a certificate and its key: set grpc.tls_key_file (PEM)',
    ],
    [
      'a key without its certificate',
      { EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_KEY_FILE: 'a' },
      'EXHOOK_GRPC_TLS: TLS needs a certificate and its key: set grpc.tls_cert_file (PEM)',
    ],
    [
      'a certificate and plain text',
      { EXHOOK_GRPC_TLS: 'off', EXHOOK_GRPC_TLS_CERT_FILE: 'a' },
      'EXHOOK_GRPC_TLS_CERT_FILE: grpc.tls_cert_file is of no use without `grpc.tls: on`; set it, or remove grpc.tls_cert_file',
    ],
    [
      'authorities and plain text',
      { EXHOOK_GRPC_TLS_CLIENT_CA_FILE: 'a' },
      'EXHOOK_GRPC_TLS_CLIENT_CA_FILE: grpc.tls_client_ca_file is of no use without `grpc.tls: on`',
    ],
    [
      'names that nobody vouches for',
      {
        ...{ EXHOOK_GRPC_TLS: 'on', EXHOOK_GRPC_TLS_CERT_FILE: 'a', EXHOOK_GRPC_TLS_KEY_FILE: 'b' },
        EXHOOK_GRPC_TLS_CLIENT_NAMES: 'emqx.local',
      },
      'EXHOOK_GRPC_TLS_CLIENT_NAMES: grpc.tls_client_names needs grpc.tls_client_ca_file',
    ],
  ])('%s', (_, env, mistake) => {
    const mistakes = mistakesOf({ env })
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(mistake)
  })

  it('is told at the value that the user wrote, not at a default', () => {
    const mistakes = mistakesOf({ yaml: 'queue:\n  lane_share: 0.05\n' })
    expect(mistakes[0]).toMatch(/^config\.yaml:2:15: queue\.lane_share: /)
  })

  it('is not guessed at when one of the two is wrong by itself', () => {
    const mistakes = mistakesOf({ env: { EXHOOK_GRPC_HOST: '0.0.0.0', EXHOOK_GRPC_TLS: 'of' } })
    expect(mistakes).toEqual(['EXHOOK_GRPC_TLS: must be one of on, off, not `of`'])
  })

  it('lets both ports be any free one', () => {
    expect(load({ argv: ['--grpc-port=0', '--http-port=0'] })).toMatchObject({
      grpc: { port: 0 },
      http: { port: 0 },
    })
  })

  it('lets TLS out', () => {
    const argv = ['--grpc-host=0.0.0.0', '--grpc-tls=on', '--grpc-tls-cert-file=a', '--grpc-tls-key-file=b']
    expect(load({ argv }).grpc).toMatchObject({ tls: 'on', tlsClientCaFile: null, tlsMinVersion: '1.2' })
  })

  it('lets plain text out when the user says so', () => {
    expect(load({ env: { EXHOOK_GRPC_HOST: '0.0.0.0', EXHOOK_GRPC_TLS: 'off' } }).grpc.host).toBe('0.0.0.0')
  })
})

describe('whatever is given', () => {
  const key = fc.constantFrom(
    'grpc',
    'kafka',
    'sasl',
    'brokers',
    'port',
    'tls',
    'password',
    '__proto__',
    'toString',
    '<<',
    '*a',
    '&a x',
  )
  const yamlish = fc.array(
    fc.oneof(
      key,
      fc.constantFrom(': ', ':\n  ', '\n', '- ', '[', ']', '{', '}', '"', "'", '|', '\t', '#', '---', '!t '),
      fc.string(),
    ),
    { maxLength: 30 },
  )

  it('is a configuration or a ConfigError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
          fc.json(),
        ),
        fc.array(
          fc.oneof(fc.string(), fc.constantFrom('--grpc-port', '--kafka-tls', '--', '--__proto__', '-x')),
        ),
        fc.dictionary(
          fc.string().map((name) => `EXHOOK_${name}`),
          fc.string(),
        ),
        (yaml, argv, env) => {
          try {
            load({ yaml, argv, env })
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError)
            expect((error as ConfigError).mistakes.length).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('puts every mistake on one line, with nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        try {
          load({
            yaml: JSON.stringify({ log: { level: text }, [text]: 1 }),
            argv: [text],
            env: { [`EXHOOK_${text}`]: '1' },
          })
        } catch (error) {
          for (const { message } of (error as ConfigError).mistakes) expect(message).not.toMatch(/\p{C}/u)
        }
      }),
    )
  })
})
