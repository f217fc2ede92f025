import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allowWriting } from '../../support/kafka/secure-kafka.ts'
import type { Identity } from '../../support/kafka/tls-files.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { numbered } from '../../support/records.ts'
import { DRIVERS } from '../drivers.ts'
import { bothFailures, type SecureStage } from './secure-drivers.ts'

/** Certificates that change while the program runs. */
export function describeRenewal(stage: SecureStage): void {
  const folders: string[] = []
  beforeAll(async () => {
    await createTopics(stage.secure.kafka.bootstrap, ['renewed'], 2)
    await allowWriting(stage.secure, ['renewed'])
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  it.each(DRIVERS)(
    '%s takes the new ones for its next connection: a Secret is swapped, as Kubernetes does',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-secret-'))
      folders.push(folder)
      swap(folder, 'first', await stage.strangers.issue('writer'), stage.secure.authority.cert)
      const driver = stage.drivers.make(name, 'mtls', 'mtls', {
        readFile: (path) => readFileSync(join(folder, '..data', path), 'utf8'),
      })
      for (const failure of await bothFailures(driver, 'renewed')) {
        expect(failure.code).toBe('TlsClientCertificateRefused')
      }
      swap(folder, 'second', stage.secure.identity, stage.secure.authority.cert)
      expect((await driver.send(driver.freeze('renewed', numbered('renewed', 3, 3)))).left).toEqual([])
      expect(await driver.probe()).toBeNull()
    },
  )
}

/** Puts a whole new directory in the place of the old one, by one rename of a link to it. */
function swap(folder: string, version: string, { cert, key }: Identity, ca: string): void {
  mkdirSync(join(folder, version))
  for (const [name, text] of Object.entries({ 'tls.crt': cert, 'tls.key': key, 'ca.pem': ca })) {
    writeFileSync(join(folder, version, name), text)
  }
  symlinkSync(version, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
}
