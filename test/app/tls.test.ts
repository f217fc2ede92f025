import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createPki, type Pki } from '../exhook/tls-served.ts'
import type { Issued } from '../support/certificates.ts'
import { createHookClient } from '../support/hook-client.ts'
import { metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { createSecretVolume } from '../support/secret-volume.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile('rules.yaml', 'rules:\n  - hook: message.publish\n    topic: t\n')
// No broker is needed for what comes before it.
const KAFKA = '--kafka-brokers=127.0.0.1:1'

let pki: Pki
beforeAll(async () => {
  pki = await createPki()
})
afterAll(() => pki.remove())

const secretOf = ({ cert, key }: Issued) => ({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': pki.authority.ca })
const partOf = async ({ httpPort }: ProviderProcess): Promise<string> => {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).text()
  return text.split('\n').find((line) => line.startsWith('tls: ')) ?? ''
}

it('the program talks TLS, tells of its certificate, and takes the renewed one', async () => {
  const first = await pki.authority.issue('first', { dns: ['localhost'] })
  const second = await pki.authority.issue('second', { dns: ['localhost'], notAfter: new Date('2050-01-01') })
  const volume = createSecretVolume(secretOf(first))
  onTestFinished(() => volume.remove())
  const provider = await startProvider([
    ...[`--rules=${RULES}`, KAFKA, '--grpc-tls=on'],
    ...[`--grpc-tls-cert-file=${volume.path('tls.crt')}`, `--grpc-tls-key-file=${volume.path('tls.key')}`],
    `--grpc-tls-client-ca-file=${volume.path('ca.crt')}`,
  ])
  onTestFinished(() => provider.signal('SIGKILL'))
  const emqx = await pki.authority.issue('emqx', { usage: 'client' })
  const call = async (tls: { ca: string; cert?: string; key?: string }) => {
    const client = createHookClient({ host: 'localhost', port: provider.grpcPort, tls })
    const answer = await client.call('OnClientConnected', {}, { deadlineMs: 2000 })
    client.close()
    return answer.status
  }
  const mine = { ca: pki.authority.ca, cert: emqx.cert, key: emqx.key }
  expect(await call(mine)).toBe(status.OK)
  expect(await call({ ca: pki.authority.ca })).not.toBe(status.OK)
  expect(await metric(provider, 'exhook_tls_handshakes_total')).toBe(1)
  expect(await metric(provider, 'exhook_connections_refused_total', 'no_certificate')).toBeGreaterThan(0)
  expect(await partOf(provider)).toContain(`certificate ${first.serial} is in use, expires 20`)

  volume.swap({ ...secretOf(second), 'tls.key': first.key })
  await expect.poll(() => metric(provider, 'exhook_tls_mistakes'), { timeout: 5000 }).toBe(1)
  expect(await partOf(provider)).toMatch(
    new RegExp(`${first.serial} is in use.*tls.key: the key does not belong to the certificate in`),
  )
  expect(await call(mine)).toBe(status.OK)
  volume.swap(secretOf(second))
  await expect.poll(() => partOf(provider), { timeout: 5000 }).toContain(second.serial)
  expect(await metric(provider, 'exhook_tls_certificate_expiry_timestamp_seconds')).toBe(
    Date.parse('2050-01-01') / 1000,
  )
  expect(await call(mine)).toBe(status.OK)

  provider.signal('SIGHUP')
  await expect
    .poll(() => metric(provider, 'exhook_tls_reloads_total', 'unchanged'), { timeout: 5000 })
    .toBe(1)
  expect(await metric(provider, 'exhook_tls_reloads_total', 'result="ok"')).toBe(1)
  expect(await metric(provider, 'exhook_tls_reloads_total', 'result="mistake"')).toBe(1)
  const shown = provider.lines.map((line) => JSON.stringify(line)).join('\n') + provider.stderr()
  for (const { key } of [first, second]) expect(shown).not.toContain(key.split('\n')[1])
  expect(await provider.stop()).toBe(0)
})

it('the program does not start with mistakes in certificates, and tells all of them', async () => {
  const [one, another] = [await pki.authority.issue('one'), await pki.authority.issue('another')]
  const start = startProvider([
    ...['--rules=/nowhere/rules.yaml', KAFKA, '--grpc-tls=on', `--grpc-tls-cert-file=${one.certFile}`],
    ...[`--grpc-tls-key-file=${another.keyFile}`, `--grpc-tls-client-ca-file=${one.keyFile}`],
  ])
  await expect(start).rejects.toThrow('/nowhere/rules.yaml')
  await expect(start).rejects.toThrow(
    `${another.keyFile}: the key does not belong to the certificate in ${one.certFile}`,
  )
  await expect(start).rejects.toThrow(`${one.keyFile}: there is no certificate in it`)
})

it('the program starts with an expired certificate, open to everyone, and warns of both', async () => {
  const old = await pki.authority.issue('old', { notAfter: new Date(Date.now() - 60_000) })
  const provider = await startProvider([
    ...[`--rules=${RULES}`, KAFKA, '--grpc-host=0.0.0.0', '--grpc-tls=on'],
    ...[`--grpc-tls-cert-file=${old.certFile}`, `--grpc-tls-key-file=${old.keyFile}`],
  ])
  onTestFinished(() => provider.signal('SIGKILL'))
  const warnings = provider.lines.filter(({ level }) => level === 40).map(({ msg }) => msg)
  expect(warnings).toContainEqual(expect.stringContaining('our certificate has expired'))
  expect(warnings).toContainEqual(expect.stringContaining('set grpc.tls_client_ca_file'))
  expect(await partOf(provider)).toContain('our certificate has expired')
  expect(await provider.stop()).toBe(0)
})
