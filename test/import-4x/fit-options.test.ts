import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { importBridge } from '../../src/import-4x/import-bridge.ts'
import { writeConfig } from '../../src/import-4x/write-config.ts'
import { load } from '../config/sources.ts'
import { createAuthority } from '../support/certificates.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const importOf = (...lines: string[]) => importBridge(lines.map((line) => `bridge.kafka.${line}\n`).join(''))

/** What is told beside notes and the missing rules. */
const toldOf = (...lines: string[]) =>
  importOf(...lines).findings.flatMap(({ line, level, text }) =>
    line === 0 || level === 'note' ? [] : [`${line} ${level}: ${text}`],
  )

describe('what serve would not take together', () => {
  it.each([
    [['sasl.username = u'], '1 problem: kafka.sasl.username is left out: there is no sasl.mechanism'],
    [['sasl.username = u', 'sasl.mechanism = none'], '1 warning: kafka.sasl.username is left out: sasl'],
    [['sasl.mechanism = plain'], '1 problem: kafka.sasl.mechanism is left out: there is no sasl.username'],
    [['ssl.cacertfile = a'], '1 warning: kafka.tls_ca_file is left out: ssl is not on there'],
    [['ssl.cacertfile = a', 'ssl = off'], '1 warning: kafka.tls_ca_file is left out: ssl is not on there'],
    [['ssl.certfile = a', 'ssl = on'], '1 problem: kafka.tls_cert_file is left out: a client certificate'],
    [['ssl = on', 'ssl.keyfile = a'], '2 problem: kafka.tls_key_file is left out: a client certificate'],
  ])('%j is left out and told', (lines, what) => {
    expect(toldOf(...lines)).toEqual([expect.stringContaining(what)])
    expect(importOf(...lines).lines.lost).toEqual([Number(what[0])])
  })

  it('a broker by its IPv6 address gets the driver that takes it', () => {
    expect(importOf('servers = [::1]:9092').options).toContainEqual({
      ...{ line: 1, path: 'kafka.driver', value: 'platformatic' },
    })
    expect(toldOf('servers = [::1]:9092')).toEqual([
      expect.stringContaining('1 warning: kafka.driver is platformatic, as kafkajs cannot'),
    ])
  })

  it('a login without its password is told', () => {
    const lines = ['sasl.mechanism = plain', 'sasl.username = u']
    expect(toldOf(...lines)).toEqual([
      expect.stringContaining('1 warning: there is no sasl.password: put it'),
    ])
    expect(toldOf(...lines, 'sasl.password = hunter2')).toEqual([
      expect.stringMatching(/^3 warning: put the password into EXHOOK_KAFKA_SASL_PASSWORD/),
    ])
  })
})

it('serve takes whatever is left, with the files and the password that are told of', async () => {
  const authority = await createAuthority(dirname(temporaryFile('x', '')), 'ca')
  const { cert, key } = await authority.issue('client')
  const files = { '/ca': authority.ca, '/cert': cert, '/key': key }
  const line = fc.oneof(
    fc.constantFrom('ssl = on', 'ssl = off', 'ssl.enable = true', 'ssl.cacertfile = /ca', 'servers = a:1'),
    fc.constantFrom('servers = ::1', 'pool1.server = [::2]:9', 'ssl.certfile = /cert', 'ssl.keyfile = /key'),
    fc.constantFrom('sasl.mechanism = plain', 'sasl.mechanism = scram_sha_512', 'sasl.mechanism = none'),
    fc.constantFrom('sasl.username = u', 'sasl.password = p', 'producer.compression = zstd'),
    fc.nat(3_000_000).map((n) => `producer.max_batch_bytes = ${n}KB`),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const { options } = importOf(...lines)
      const login = options.some(({ path, value }) => path === 'kafka.sasl.mechanism' && value !== 'none')
      const config = load({
        yaml: writeConfig(options),
        env: login ? { EXHOOK_KAFKA_SASL_PASSWORD: 'hunter2' } : {},
        files,
      })
      expect(config.kafka.sasl.mechanism !== 'none').toBe(login)
    }),
    { numRuns: 300 },
  )
})
