import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printConfig } from '../../src/config/print-config.ts'
import { type Given, load, mistakesOf } from './sources.ts'

const LOGIN = { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_USERNAME: 'lock' }

describe('a secret', () => {
  it.each([
    ['the environment', { env: { EXHOOK_KAFKA_SASL_PASSWORD: 's3cret' } }],
    ['the environment, with a newline', { env: { EXHOOK_KAFKA_SASL_PASSWORD: 's3cret\n' } }],
    [
      'a file that the environment names',
      { env: { EXHOOK_KAFKA_SASL_PASSWORD_FILE: 'p' }, files: { p: 's3cret\n' } },
    ],
    ['a file that the file names', { yaml: 'kafka: {sasl: {password_file: p}}', files: { p: 's3cret\r\n' } }],
    ['a file that a flag names', { argv: ['--kafka-sasl-password-file', 'p'], files: { p: 's3cret' } }],
  ] satisfies [string, Given][])('comes from %s', (_, given: Given) => {
    const config = load({ ...given, env: { ...LOGIN, ...given.env } })
    expect(config.kafka.sasl.password).toBe('s3cret')
  })

  it('keeps what is not the newline at its end', () => {
    const env = { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD_FILE: 'p' }
    expect(load({ env, files: { p: ' a b\nc \n' } }).kafka.sasl.password).toBe(' a b\nc ')
  })

  it('is not taken from a flag', () => {
    for (const argv of [
      ['--kafka-sasl-password', 's3cret'],
      ['--kafka-sasl-password=s3cret'],
      ['--kafka-sasl-password'],
    ]) {
      expect(mistakesOf({ argv })).toEqual([
        '--kafka-sasl-password: a secret is not taken from a flag, where every user of the machine can read it: ' +
          'set EXHOOK_KAFKA_SASL_PASSWORD, or put it in a file of its own and name that by --kafka-sasl-password-file',
      ])
    }
  })

  it('is not taken from the configuration file', () => {
    const told = (line: number, column: number) =>
      `config.yaml:${line}:${column}: kafka.sasl.password: a secret is not taken from this file, which is made to be ` +
      'shown: set EXHOOK_KAFKA_SASL_PASSWORD, or put it in a file of its own and name that by kafka.sasl.password_file'
    for (const value of [' s3cret', ' [s3cret]', ' {s3cret: 1}', '', ' &a s3cret', ' "[redacted]"']) {
      expect(mistakesOf({ yaml: `kafka:\n  sasl:\n    password:${value}\n`, env: {} })).toEqual([told(3, 5)])
    }
  })

  it('is not set twice, wherever the two are', () => {
    const env = { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD: 's3cret' }
    const yaml = 'kafka:\n  sasl:\n    password_file: p\n'
    expect(mistakesOf({ yaml, env, files: { p: 'other' } })).toEqual([
      'config.yaml:3:20: kafka.sasl.password_file: EXHOOK_KAFKA_SASL_PASSWORD sets kafka.sasl.password as well; keep one of the two',
    ])
  })

  it('has to be one also in its file, which is not shown', () => {
    expect(mistakesOf({ env: { EXHOOK_HTTP_TOKEN_FILE: 't' }, files: { t: 'qZx7hunter\n' } })).toEqual([
      expect.stringMatching(/^EXHOOK_HTTP_TOKEN_FILE: the file must hold a token of 16 to 512 characters/),
    ])
    for (const token of [
      'qZx7hunter',
      'qZx7hunter qZx7hunter',
      'qZx7hunter-qZx7hunt\u00e9r',
      'q'.repeat(513),
    ]) {
      const [mistake, ...more] = mistakesOf({ env: { EXHOOK_HTTP_TOKEN: token } })
      expect(mistake).toMatch(/^EXHOOK_HTTP_TOKEN: must be a token of 16 to 512 characters/)
      expect([mistake, more]).toEqual([expect.not.stringContaining('qZx7hunter'), []])
    }
  })

  it('has to be in its file', () => {
    const env = { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD_FILE: 'p' }
    expect(mistakesOf({ env })).toEqual([
      'EXHOOK_KAFKA_SASL_PASSWORD_FILE: the file cannot be read: there is none of this name',
    ])
    expect(mistakesOf({ env, files: { p: '\n' } })).toEqual([
      'EXHOOK_KAFKA_SASL_PASSWORD_FILE: the file is empty',
    ])
  })
})

describe('nothing that is printed holds a secret', () => {
  /** Letters that no message of ours holds in this order; before and after it whatever YAML trips over. */
  const planted = fc
    .tuple(
      fc.constantFrom('', '*', '&', '!', '@', '`', '%', '- ', '? ', '|', '"', "'", '{', '[', '#'),
      fc.constantFrom('', ':', ': ', ' #', '"', '\n  ', '}'),
    )
    .map(([before, after]) => `${before}qZx7hunter${after}`)

  it('not the printed configuration', () => {
    for (const env of [
      { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD: 'qZx7hunter' },
      { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD_FILE: 'p' },
    ]) {
      const printed = printConfig(load({ env, files: { p: 'qZx7hunter\n' } }))
      expect(printed).not.toContain('qZx7hunter')
      expect(printed).toContain('password: "[redacted]"')
    }
  })

  it('not a mistake, wherever it is in the file', () => {
    fc.assert(
      fc.property(planted, fc.constantFrom('port: x', 'host: "', 'tls: [', 'nothing: 1'), (secret, other) => {
        const yaml = `grpc:\n  ${other}\nkafka:\n  sasl:\n    mechanism: nil\n    password: ${secret}\n  linger_ms: x\n`
        expect(mistakesOf({ yaml }).join('\n')).not.toContain('qZx7hunter')
      }),
    )
  })

  it.each([
    ['EXHOOK_EMQX_API_URL', 'http://key:qZx7hunter@emqx:18083', 'emqx.api_key_file and emqx.api_secret_file'],
    ['EXHOOK_EMQX_API_URL', 'https://qZx7hunter@emqx', 'emqx.api_key_file and emqx.api_secret_file'],
    ['EXHOOK_EMQX_API_URL', 'http://emqx:18083/?api_key=qZx7hunter', ''],
    ['EXHOOK_EMQX_API_URL', 'http://emqx:18083/#qZx7hunter', ''],
    ['EXHOOK_KAFKA_BROKERS', 'me:qZx7hunter@kafka:9092', 'kafka.sasl.username and kafka.sasl.password_file'],
    ['EXHOOK_KAFKA_BROKERS', 'a:1,sasl://me:qZx7hunter@kafka:9092', 'kafka.sasl.password_file'],
  ])('not the mistake of a login in %s=%s, which tells where it belongs', (name, text, place) => {
    const [mistake, ...more] = mistakesOf({ env: { [name]: text } })
    expect(more).toEqual([])
    expect(mistake).toMatch(new RegExp(`^${name}: must be `))
    expect(mistake).toContain(place)
    expect(mistake).not.toContain('qZx7hunter')
  })

  it('not a mistake, wherever else it is', () => {
    fc.assert(
      fc.property(planted, (secret) => {
        const given: Given = {
          env: {
            EXHOOK_KAFKA_SASL_PASSWORD: secret,
            EXHOOK_KAFKA_SASL_PASWORD: secret,
            EXHOOK_KAFKA_BROKERS: `u:${secret}@b:1`,
          },
          argv: [
            '--kafka-sasl-password',
            secret,
            '--kafka-sasl-pasword',
            secret,
            `--password=${secret}`,
            '--grpc-port=x',
          ],
        }
        expect(mistakesOf(given).join('\n')).not.toContain('qZx7hunter')
      }),
    )
  })
})
