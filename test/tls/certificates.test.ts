import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { type CertificateFiles, certificateWarnings, readCertificates } from '../../src/tls/certificates.ts'
import { type Authority, createAuthority, encryptedKey, type Issued } from '../support/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-certificates-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let authority: Authority
let own: Issued
let another: Issued
beforeAll(async () => {
  authority = await createAuthority(folder, 'authority')
  own = await authority.issue('own', { dns: ['localhost'] })
  another = await authority.issue('another', { dns: ['localhost'] })
})

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const read = (files: Partial<CertificateFiles>) =>
  readCertificates({ ...own, clientCaFile: null, ...files }, (path) => readFileSync(path, 'utf8'))

function mistakesOf(files: Partial<CertificateFiles>): readonly string[] {
  try {
    read(files)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n')
    throw error
  }
  return []
}

describe('good files', () => {
  it('are read whole', async () => {
    const { serial, cert, key, clientCa, notAfterMs } = read({ clientCaFile: authority.caFile })
    expect({ serial, cert, key, clientCa }).toEqual({
      ...{ serial: own.serial, cert: own.cert, key: own.key },
      clientCa: authority.ca,
    })
    expect(notAfterMs - Date.now()).toBeGreaterThan(23 * 3_600_000)
    const chained = await (await authority.intermediate('between')).issue('chained', {})
    expect(read(chained).serial).toBe(chained.serial)
  })

  it('may hold the certificate and its key in one, with words around them', () => {
    const both = file('both.pem', `a certificate\n${own.cert}\nits key\n${own.key}`)
    expect(read({ certFile: both, keyFile: both }).serial).toBe(own.serial)
  })

  it('have another digest when any of them changes', () => {
    const digests = [read({}), read({ clientCaFile: authority.caFile }), read(another)].map(
      ({ digest }) => digest,
    )
    expect(new Set(digests).size).toBe(3)
    expect(read({}).digest).toBe(digests[0])
  })

  it.each([
    ['has expired', { notAfter: new Date(Date.now() - 60_000) }],
    ['is not good yet', { notBefore: new Date(Date.now() + 3_600_000) }],
  ])('are taken with a warning when the certificate %s', async (_, subject) => {
    const odd = read(await authority.issue('odd', subject))
    expect(certificateWarnings(odd, Date.now())).toHaveLength(1)
    expect(certificateWarnings(odd, (odd.notBeforeMs + odd.notAfterMs) / 2)).toEqual([])
  })
})

describe('a mistake', () => {
  it.each([
    [
      'a key of another certificate',
      () => ({ keyFile: another.keyFile }),
      ['another.key: the key does not belong to the certificate in own.crt, of which the first one counts'],
    ],
    [
      'an authority in front',
      () => ({ certFile: file('turned.crt', authority.ca + own.cert) }),
      ['own.key: the key does not belong to the certificate in turned.crt, of which the first one counts'],
    ],
    [
      'the two mixed up',
      () => ({ certFile: own.keyFile, keyFile: own.certFile }),
      [
        'own.key: there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----',
        'own.crt: there is no private key in it: no -----BEGIN PRIVATE KEY-----',
      ],
    ],
    [
      'a missing file',
      () => ({ keyFile: join(folder, 'none.key') }),
      ['none.key: the file cannot be read: there is none of this name'],
    ],
    [
      'a key with a passphrase',
      () => ({ keyFile: file('locked.key', encryptedKey(own.key, 'open sesame')) }),
      [
        'locked.key: the key has a passphrase: write it without (`openssl pkey -in … -out …`), in a file that nobody else may read',
      ],
    ],
    [
      'half of a certificate',
      () => ({ certFile: file('half.crt', own.cert.slice(0, 300)) }),
      ['half.crt: there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----'],
    ],
    [
      'half of a key',
      () => ({ keyFile: file('half.key', own.key.slice(0, 100)) }),
      ['half.key: the private key in it cannot be read'],
    ],
    [
      'a certificate that is none',
      () => ({
        certFile: file(
          'odd.crt',
          `${own.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
        ),
      }),
      ['odd.crt: certificate 2 in it cannot be read'],
    ],
    [
      'authorities without a certificate',
      () => ({ clientCaFile: own.keyFile }),
      ['own.key: there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----'],
    ],
    [
      'an empty file each',
      () => ({ certFile: file('e.crt', ''), keyFile: file('e.key', ''), clientCaFile: file('e.ca', '') }),
      [
        'e.crt: there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----',
        'e.ca: there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----',
        'e.key: there is no private key in it: no -----BEGIN PRIVATE KEY-----',
      ],
    ],
  ])('is told: %s', (_, files, lines) => {
    expect(mistakesOf(files())).toEqual(lines)
  })

  it('never shows a key', () => {
    const told = [
      ...mistakesOf({ keyFile: another.keyFile }),
      ...mistakesOf({ certFile: own.keyFile, keyFile: file('cut.key', own.key.slice(0, 120)) }),
    ].join('\n')
    for (const line of own.key.split('\n').filter((one) => one.length > 20 && !one.startsWith('-----'))) {
      expect(told).not.toContain(line.slice(0, 20))
    }
  })

  it('old forms of passphrases are known too', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const old = privateKey.export({
      type: 'sec1',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    }) as string
    expect(mistakesOf({ keyFile: file('old.key', old) })[0]).toContain('the key has a passphrase')
  })
})
