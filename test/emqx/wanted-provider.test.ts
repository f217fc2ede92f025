import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { durationMs } from '../../src/emqx/duration.ts'
import { planBody, type WantedProvider } from '../../src/emqx/wanted-provider.ts'

const wanted: WantedProvider = {
  name: 'exhook_kafka',
  url: 'http://us:9000',
  requestTimeout: '5s',
  autoReconnect: '5s',
  poolSize: 8,
  ca: null,
  cert: null,
  key: null,
  serverName: null,
}
const stored = planBody(wanted, null).body
const PEM = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n'
const KEY_PEM = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n'

describe('the body', () => {
  it('is the whole of it when there is none yet', () => {
    const { body, changes } = planBody(wanted, null)
    expect(body).toEqual({
      name: 'exhook_kafka',
      enable: true,
      url: 'http://us:9000',
      request_timeout: '5s',
      failed_action: 'ignore',
      auto_reconnect: '5s',
      pool_size: 8,
      ssl: { enable: false },
    })
    expect(changes.every(({ is }) => is === '')).toBe(true)
    expect(changes.map(({ field }) => field)).toContain('failed_action')
  })

  it.each([
    [{}],
    [{ request_timeout: '5000ms', auto_reconnect: 5000 }],
    [{ socket_options: { keepalive: false }, of_a_later_version: 1 }],
    [{ ssl: { enable: false, verify: 'verify_none', versions: ['tlsv1.3'] } }],
    [{ ssl: undefined }],
  ])('is the same with %j', (other) => {
    expect(planBody(wanted, { ...stored, ...other }).changes).toEqual([])
  })

  it.each([
    [{ failed_action: 'deny' }, { field: 'failed_action', is: 'deny', wanted: 'ignore' }],
    [{ enable: false }, { field: 'enable', is: 'false', wanted: 'true' }],
    [{ url: 'http://other:9000' }, { field: 'url', is: 'http://other:9000', wanted: 'http://us:9000' }],
    [{ request_timeout: '60s' }, { field: 'request_timeout', is: '60s', wanted: '5s' }],
    [{ auto_reconnect: false }, { field: 'auto_reconnect', is: 'false', wanted: '5s' }],
    [{ pool_size: 16 }, { field: 'pool_size', is: '16', wanted: '8' }],
    [{ ssl: { enable: true } }, { field: 'ssl.enable', is: 'true', wanted: 'false' }],
  ])('differs with %j', (other, change) => {
    const { body, changes } = planBody(wanted, { ...stored, ...other, later: [1] })
    expect(changes).toEqual([change])
    expect(body).toMatchObject({ ...stored, later: [1] })
    expect(planBody(wanted, body).changes).toEqual([])
  })
})

describe('TLS', () => {
  const secure: WantedProvider = {
    ...wanted,
    url: 'https://us:9000',
    ca: { path: 'ca.pem', text: PEM },
    cert: { path: 'cert.pem', text: PEM },
    key: { path: 'key.pem', text: KEY_PEM },
  }
  const pathOf = (text: string) =>
    `/data/certs/exhook/p/x-${createHash('md5').update(text).digest('hex').slice(0, 16)}`

  it('puts what the files hold, and shows none of it', () => {
    const { body, changes } = planBody(secure, { ...stored, ssl: { keyfile: KEY_PEM.replace('2', '3') } })
    expect(body.ssl).toEqual({
      enable: true,
      verify: 'verify_peer',
      cacertfile: PEM,
      certfile: PEM,
      keyfile: KEY_PEM,
    })
    expect(JSON.stringify(changes)).not.toContain('hunter')
    expect(changes).toContainEqual({
      field: 'ssl.keyfile',
      is: '(a PEM text)',
      wanted: 'the contents of key.pem',
    })
  })

  it('knows the files that EMQX has made of them', () => {
    const ssl = {
      enable: true,
      verify: 'verify_peer',
      cacertfile: pathOf(PEM),
      certfile: pathOf(PEM),
      keyfile: pathOf(KEY_PEM),
      password: '******',
    }
    expect(planBody(secure, { ...stored, url: 'https://us:9000', ssl }).changes).toEqual([])
    const other = { ...ssl, cacertfile: pathOf(KEY_PEM) }
    const { body, changes } = planBody(secure, { ...stored, url: 'https://us:9000', ssl: other })
    expect(changes.map(({ field }) => field)).toEqual(['ssl.cacertfile'])
    expect(body.ssl).toMatchObject({ cacertfile: PEM, password: '******' })
  })
})

it.each([
  ['5s', 5000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  [7, 7],
  ['', undefined],
  ['5', undefined],
  ['s', undefined],
  ['5 s', undefined],
  [false, undefined],
])('%j is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})
