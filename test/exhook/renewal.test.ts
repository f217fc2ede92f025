import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { GrpcConfig } from '../../src/config/config.ts'
import { chooseDoor } from '../../src/exhook/choose-door.ts'
import type { CertificateReload } from '../../src/tls/certificate-reload.ts'
import { type CertificateFiles, certificateFilesOf, readCertificates } from '../../src/tls/certificates.ts'
import type { Issued } from '../support/certificates.ts'
import { createSecretVolume } from '../support/secret-volume.ts'
import { publish, serve } from './served.ts'
import { createPki, type Pki, visit } from './tls-served.ts'

let pki: Pki
beforeAll(async () => {
  pki = await createPki()
})
afterAll(() => pki.remove())

const secretOf = ({ cert, key }: Issued) => ({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': pki.authority.ca })

/** A server whose certificates are in the volume of a Secret, with clients that have to show one. */
async function serving(first: Issued) {
  const volume = createSecretVolume(secretOf(first))
  const config: GrpcConfig = {
    ...{ host: '127.0.0.1', port: 0, maxReceiveBytes: 1e6, handshakeTimeoutMs: 5000 },
    ...{ transport: 'grpc-js', maxConnections: 1024 },
    ...{ tls: 'on', tlsMinVersion: '1.2', tlsClientNames: ['emqx.local'] },
    ...{ tlsCertFile: volume.path('tls.crt'), tlsKeyFile: volume.path('tls.key') },
    tlsClientCaFile: volume.path('ca.crt'),
  } as const
  const files = certificateFilesOf(config) as CertificateFiles
  let certificates: CertificateReload | null = null
  let handshakes = 0
  const served = await serve({
    door(log) {
      const door = chooseDoor(config, {
        certificates: readCertificates(files, (path) => readFileSync(path, 'utf8')),
        log,
        onHandshake: () => void handshakes++,
      })
      certificates = door.certificates
      return door.make
    },
  })
  const reload = certificates as unknown as CertificateReload
  reload.start()
  onTestFinished(() => {
    reload.stop()
    served.end()
    volume.remove()
  })
  return { served, volume, reload, handshakes: () => handshakes }
}

it('renewed certificates cost no call and no connection, and new connections see them', async () => {
  const versions: Issued[] = []
  for (const name of ['one', 'two', 'three'])
    versions.push(await pki.authority.issue(name, { dns: ['localhost'] }))
  const [first, ...later] = versions as [Issued, ...Issued[]]
  const { served, volume, reload, handshakes } = await serving(first)
  const emqx = await pki.authority.issue('emqx', { dns: ['emqx.local'], usage: 'client' })
  const tls = { ca: pki.authority.ca, cert: emqx.cert, key: emqx.key }

  const old = served.client({ connections: 8, host: 'localhost', tls })
  await old.connected()
  const counts = { answered: 0, failed: 0, connections: 0, refused: 0 }
  const seen = new Set<string>()
  let going = true

  async function device(key: string): Promise<void> {
    while (going) {
      const { status: code } = await old.call('OnMessagePublish', publish('devices/1/state'), { key })
      if (code === status.OK) counts.answered++
      else counts.failed++
      await sleep(20)
    }
  }
  /** New connections all the time: one that looks at the certificate, and one that calls. */
  async function newcomer(): Promise<void> {
    while (going) {
      const { error, serial = '' } = await visit(served.port, tls)
      if (error !== undefined) counts.refused++
      else seen.add(serial)
      const client = served.client({ host: 'localhost', tls })
      const { status: code } = await client.call('OnMessagePublish', publish('devices/1/state'))
      client.close()
      if (code !== status.OK) counts.failed++
      counts.connections += 2
      await sleep(5)
    }
  }
  const all = [...Array.from({ length: 16 }, (_, i) => device(`lock-${i}`)), newcomer(), newcomer()]
  await sleep(300)
  for (const next of later) {
    volume.swap(secretOf(next))
    await expect.poll(() => reload.status.current.serial, { timeout: 10_000, interval: 10 }).toBe(next.serial)
    await sleep(300)
    const { serial } = await visit(served.port, tls)
    expect(serial).toBe(next.serial)
  }
  const before = counts.answered
  await sleep(200)
  expect(counts.answered).toBeGreaterThan(before)
  going = false
  await Promise.all(all)

  expect(counts).toMatchObject({ failed: 0, refused: 0 })
  expect(counts.answered).toBeGreaterThan(300)
  expect(counts.connections).toBeGreaterThan(20)
  // The old connections were never made anew.
  expect(handshakes()).toBe(8 + counts.connections + later.length)
  expect([...seen].toSorted()).toEqual(versions.map(({ serial }) => serial).toSorted())
  expect(reload.status.results).toEqual({ ok: 2, mistake: 0, unchanged: 0 })
}, 20_000)
