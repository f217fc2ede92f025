import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkPem, type PemTexts } from '../../src/tls/check-pem.ts'
import { type Authority, createAuthority, type Identity } from '../support/kafka/tls-files.ts'

let authority: Authority
let mine: Identity
let others: Identity

beforeAll(async () => {
  authority = await createAuthority()
  mine = await authority.issue('mine')
  others = await authority.issue('others')
})

const LOCK = 'a passphrase'
const cut = (text: string) => text.replace(/(\n.{40})[\s\S]*?(\n-----END)/, '$1$2')

describe('takes', () => {
  it.each<[string, () => PemTexts]>([
    ['nothing', () => ({})],
    ['authorities', () => ({ ca: `some words\n${authority.cert}\n${others.cert}` })],
    ['a certificate and its key', () => ({ cert: mine.cert, key: mine.key })],
    [
      'a chain, the own certificate first',
      () => ({ cert: `${mine.cert}\n${authority.cert}`, key: mine.key }),
    ],
    ['an encrypted key', () => ({ cert: mine.cert, key: mine.lockedKey(LOCK), passphrase: LOCK })],
    ['a passphrase that is not needed', () => ({ cert: mine.cert, key: mine.key, passphrase: LOCK })],
    ['all in one file', () => ({ cert: mine.key + mine.cert, key: mine.key + mine.cert })],
    ['a key in the old form', () => ({ key: rsaKey('pkcs1') })],
    ['an encrypted key in the old form', () => ({ key: rsaKey('pkcs1', LOCK), passphrase: LOCK })],
  ])('%s', (_, texts) => expect(checkPem(texts())).toEqual([]))
})

describe('refuses', () => {
  it.each<[string, () => PemTexts, 'ca' | 'cert' | 'key', RegExp]>([
    ['no PEM', () => ({ ca: 'hello' }), 'ca', /^holds no certificate in PEM form/],
    ['an empty file', () => ({ ca: '' }), 'ca', /^holds no certificate in PEM form/],
    ['a binary file', () => ({ ca: '0\ufffd\u0003\u0000' }), 'ca', /it is binary: `openssl x509`/],
    ['a key as authority', () => ({ ca: mine.key }), 'ca', /; it holds a private key$/],
    [
      'a damaged certificate',
      () => ({ ca: `${mine.cert}\n${cut(mine.cert)}` }),
      'ca',
      /^certificate number 2 in the file is damaged/,
    ],
    [
      'a damaged own certificate',
      () => ({ cert: cut(mine.cert), key: mine.key }),
      'cert',
      /^certificate number 1/,
    ],
    [
      'a certificate as key',
      () => ({ cert: mine.cert, key: mine.cert }),
      'key',
      /^holds no private key .*; it holds a certificate$/,
    ],
    ['a damaged key', () => ({ cert: mine.cert, key: cut(mine.key) }), 'key', /^the private key is damaged/],
    [
      'the key of another',
      () => ({ cert: mine.cert, key: others.key }),
      'key',
      /is not the one of the \(first\) certificate/,
    ],
    [
      'a chain that begins with another',
      () => ({ cert: `${authority.cert}\n${mine.cert}`, key: mine.key }),
      'key',
      /is not the one/,
    ],
    [
      'no passphrase',
      () => ({ cert: mine.cert, key: mine.lockedKey(LOCK) }),
      'key',
      /is encrypted: give its passphrase/,
    ],
    [
      'no passphrase, in the old form',
      () => ({ key: rsaKey('pkcs1', LOCK) }),
      'key',
      /is encrypted: give its passphrase/,
    ],
    [
      'a wrong passphrase',
      () => ({ cert: mine.cert, key: mine.lockedKey(LOCK), passphrase: 'wr0ng-one' }),
      'key',
      /the passphrase is wrong/,
    ],
  ])('%s', (_, texts, about, message) => {
    const faults = checkPem(texts())
    expect(faults).toEqual([{ about, message: expect.stringMatching(message) }])
    expect(JSON.stringify(faults)).not.toMatch(/wr0ng-one|a passphrase"|MII|MIG/)
  })
})

function rsaKey(type: 'pkcs1', passphrase?: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const lock = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return String(privateKey.export({ type, format: 'pem', ...lock }))
}
