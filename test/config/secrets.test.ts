import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printConfig } from '../../src/config/print-config.ts'
import { type Given, load, mistakesOf } from './sources.ts'

const LOGIN = { EXHOOK_KAFKA_SASL_MECHANISM: 'plain', EXHOOK_KAFKA_SASL_USERNAME: 'lock' }

describe('a secret', () => {
  it.each([
    ['the file', { yaml: 'kafka: {sasl: {password: s3cret}}' }],
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
          'set EXHOOK_KAFKA_SASL_PASSWORD, or put it in a file and name that by --kafka-sasl-password-file',
      ])
    }
  })

  it('is not set twice, wherever the two are', () => {
    const env = { ...LOGIN, EXHOOK_KAFKA_SASL_PASSWORD_FILE: 'p' }
    expect(
      mistakesOf({ yaml: 'kafka:\n  sasl:\n    password: s3cret\n', env, files: { p: 'other' } }),
    ).toEqual([
      'EXHOOK_KAFKA_SASL_PASSWORD_FILE: config.yaml:3:15 sets kafka.sasl.password as well; keep one of the two',
    ])
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
