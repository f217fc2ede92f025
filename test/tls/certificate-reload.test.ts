import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { certificatePart } from '../../src/tls/certificate-part.ts'
import { createCertificateReload } from '../../src/tls/certificate-reload.ts'
import { readCertificates } from '../../src/tls/certificates.ts'
import { createPki, type Pki } from '../exhook/tls-served.ts'
import type { Issued } from '../support/certificates.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { createSecretVolume } from '../support/secret-volume.ts'

let pki: Pki
let first: Issued
let second: Issued
beforeAll(async () => {
  pki = await createPki()
  first = await pki.authority.issue('first', { dns: ['localhost'] })
  second = await pki.authority.issue('second', { dns: ['localhost'] })
})
afterAll(() => pki.remove())

const filesOf = ({ cert, key }: Issued, ca = pki.authority.ca) => ({
  'tls.crt': cert,
  'tls.key': key,
  'ca.crt': ca,
})

/** A started reload over a Secret's volume with the first certificate. */
function reloading() {
  const volume = createSecretVolume(filesOf(first))
  const files = {
    certFile: volume.path('tls.crt'),
    keyFile: volume.path('tls.key'),
    clientCaFile: volume.path('ca.crt'),
  }
  const { log, lines } = createLogRecorder()
  const put: string[] = []
  const reload = createCertificateReload(
    { ...files, settleMs: 20, pollMs: 1e6, unwatchedPollMs: 20 },
    {
      initial: readCertificates(files, (path) => readFileSync(path, 'utf8')),
      log,
      onChanged: ({ serial }) => void put.push(serial),
    },
  )
  onTestFinished(() => {
    reload.stop()
    volume.remove()
  })
  reload.start()
  const until = (results: object) =>
    expect.poll(() => reload.status.results, { timeout: 5000, interval: 5 }).toMatchObject(results)
  return { volume, files, reload, put, lines, until, part: () => certificatePart(reload.status, Date.now()) }
}

describe('new certificates', () => {
  it('are in use when the kubelet swaps the symlink of a Secret, once', async () => {
    const { volume, reload, put, until, lines, part } = reloading()
    volume.swap(filesOf(second))
    await until({ ok: 1 })
    await sleep(100)
    expect(put).toEqual([second.serial])
    expect(reload.status).toMatchObject({ mistakes: [], results: { ok: 1, mistake: 0, unchanged: 0 } })
    expect(part()).toMatchObject({ name: 'tls', ok: true })
    expect(part().detail).toContain(second.serial)
    expect(lines.at(-1)).toMatchObject({
      msg: 'new certificates are in use for new connections',
      serial: second.serial,
    })
    volume.swap(filesOf(first, pki.other.ca))
    await until({ ok: 2 })
    expect(reload.status.current.clientCa).toBe(pki.other.ca)
  })

  it('are in use when files are renamed over the old ones, one after the other', async () => {
    const { files, put, until } = reloading()
    for (const [path, text] of [
      [files.certFile, second.cert],
      [files.keyFile, second.key],
    ] as const) {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    }
    await until({ ok: 1, mistake: 0 })
    expect(put).toEqual([second.serial])
  })

  it('that have expired are in use with a warning, which readiness shows', async () => {
    const { volume, until, lines, part } = reloading()
    volume.swap(filesOf(await pki.authority.issue('old', { notAfter: new Date(Date.now() - 60_000) })))
    await until({ ok: 1 })
    expect(lines.at(-1)).toMatchObject({ level: 40 })
    expect(part()).toMatchObject({ ok: false })
    expect(part().detail).toContain('our certificate has expired')
  })
})

describe('a mistake', () => {
  it.each([
    [
      'a key of the other certificate',
      () => ({ ...filesOf(second), 'tls.key': first.key }),
      'the key does not belong',
    ],
    [
      'half of a certificate',
      () => ({ ...filesOf(second), 'tls.crt': second.cert.slice(0, 200) }),
      'there is no certificate in it',
    ],
    ['no authority', () => filesOf(second, ''), 'there is no certificate in it'],
    [
      'a file that is gone',
      () => ({ 'tls.crt': second.cert, 'ca.crt': pki.authority.ca }),
      'the file cannot be read',
    ],
  ])('leaves the old ones in use until it is mended: %s', async (_, files, message) => {
    const { volume, reload, put, until, lines, part } = reloading()
    volume.swap(files() as Record<string, string>)
    await expect.poll(() => reload.status.mistakes.length, { timeout: 5000, interval: 5 }).toBe(1)
    expect(reload.status.current.serial).toBe(first.serial)
    expect(put).toEqual([])
    expect(part()).toMatchObject({ ok: false })
    expect(part().detail).toMatch(new RegExp(`${first.serial} is in use.*${message}`))
    expect(
      lines
        .filter(({ level }) => level === 50)
        .map(({ msg }) => msg)
        .join('\n'),
    ).toContain(message)
    volume.swap(filesOf(second))
    await until({ ok: 1 })
    expect(put).toEqual([second.serial])
    expect(reload.status.mistakes).toEqual([])
    expect(part().ok).toBe(true)
  })

  it('that is taken back leaves nothing behind', async () => {
    const { volume, reload, put, until } = reloading()
    volume.swap(filesOf(second, ''))
    await until({ mistake: 1 })
    volume.swap(filesOf(first))
    await expect.poll(() => reload.status.mistakes, { timeout: 5000, interval: 5 }).toEqual([])
    expect(put).toEqual([])
  })
})

describe('asked', () => {
  it('it reads the files and says what came of it, also when nothing changed', async () => {
    const { reload, lines, until } = reloading()
    reload.reload()
    await until({ unchanged: 1 })
    expect(lines.at(-1)?.msg).toBe('the certificates of the files are those in use')
  })

  it('nothing comes after the stop', async () => {
    const { volume, reload, put } = reloading()
    reload.stop()
    volume.swap(filesOf(second))
    await sleep(150)
    expect(put).toEqual([])
  })
})
