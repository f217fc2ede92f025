import { Writable } from 'node:stream'
import { pino } from 'pino'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { createTlsSource, type TlsSource } from '../../src/kafka/tls-source.ts'
import { type Authority, createAuthority, type Identity } from '../support/kafka/tls-files.ts'

let authority: Authority
let first: Identity
let second: Identity
let files: Record<string, string>
let said: { level: number; error?: string; msg: string }[]

beforeAll(async () => {
  authority = await createAuthority()
  first = await authority.issue('us')
  second = await authority.issue('us')
})
beforeEach(() => {
  files = { ca: authority.cert, cert: first.cert, key: first.key }
  said = []
})

function source(): TlsSource {
  const stream = new Writable({
    write(line, _, done) {
      said.push(JSON.parse(String(line)))
      done()
    },
  })
  return createTlsSource(
    { tlsCaFile: 'ca', tlsCertFile: 'cert', tlsKeyFile: 'key', tlsKeyPassphrase: null, tlsServerName: null },
    {
      readFile(path) {
        const text = files[path]
        if (text === undefined) throw new Error('ENOENT')
        return text
      },
      log: pino({ base: null }, stream),
    },
  )
}

it('makes no new context while the files are the same', () => {
  const tls = source()
  expect(tls.context()).toBe(tls.context())
  expect(said).toEqual([])
})

it('follows files that are renewed, and says so', () => {
  const tls = source()
  const before = tls.context()
  Object.assign(files, { cert: second.cert, key: second.key })
  expect(tls.context()).not.toBe(before)
  expect(said.map(({ msg }) => msg)).toEqual([
    'the TLS files for Kafka were renewed: connections use them from now on',
  ])
})

it('keeps what it has while they are half replaced or gone, and warns once of each', () => {
  const tls = source()
  const before = tls.context()
  files.cert = second.cert
  expect([tls.context(), tls.context()]).toEqual([before, before])
  delete files.key
  expect(tls.context()).toBe(before)
  expect(said).toMatchObject([
    { level: 40, error: expect.stringMatching(/^kafka.tls_key_file: the private key is not the one/) },
    { level: 40, error: 'kafka.tls_key_file: the file cannot be read' },
  ])
  files.key = second.key
  expect(tls.context()).not.toBe(before)
})

it('says what is wrong when they never were in order', () => {
  delete files.ca
  expect(() => source().context()).toThrow('kafka.tls_ca_file: the file cannot be read')
})
