import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockedPackages } from '../../scripts/supply-chain/locked-packages.ts'
import { sbomText } from '../../scripts/supply-chain/sbom.ts'
import { guardChild } from '../support/child-guard.ts'
import { createHookClient } from '../support/hook-client.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

describe('the bill of materials', () => {
  const text = sbomText()
  const sbom = JSON.parse(text) as {
    readonly metadata: { readonly component: object }
    readonly components: readonly {
      readonly name: string
      readonly version: string
      readonly hashes?: unknown
    }[]
  }

  it('is CycloneDX 1.5 to its published JSON schema', () => {
    const require = createRequire(import.meta.url)
    const folder = join(
      dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')),
      'res',
      'schema',
    )
    const schema = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object
    const ajv = new Ajv({ strict: false, validateFormats: false })
    // As the schema refers to them.
    for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
      ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}`)
    const validate = ajv.compile(schema('bom-1.5.SNAPSHOT.schema.json'))
    expect([validate(sbom), validate.errors]).toEqual([true, null])
    expect(validate({ ...sbom, components: [{ name: 'x' }] })).toBe(false)
  })

  it('names every package that runs, with its digest', () => {
    const named = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`))
    const runs = lockedPackages().filter(({ production }) => production)
    expect(named).toEqual(new Set(runs.map(({ name, version }) => `${name}@${version}`)))
    for (const { name, hashes } of sbom.components)
      expect([name, hashes]).toEqual([name, [expect.objectContaining({ alg: 'SHA-512' })]])
  })

  it('is the same each time, and names the program and not the folder', () => {
    expect(sbomText()).toBe(text)
    expect(sbom.metadata.component).toMatchObject({ type: 'application', name: 'exhook-kafka' })
    expect(text).not.toContain(tmpdir())
  })
})

describe('production', () => {
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exhook-production-'))
    for (const path of ['package.json', 'package-lock.json', 'protos'])
      cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
    await run('npm', ['ci', ...options], { cwd: folder })
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const build = ['--project', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]
    await run(process.execPath, [compiler, ...build], { cwd: ROOT })
    writeFileSync(join(folder, 'rules.yaml'), 'rules: [{hook: message.publish, topic: t, when: qos > 0}]\n')
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(['kafkajs', 'platformatic'])(
    'installed without development packages and without any script, starts and answers: %s',
    { timeout: 60_000 },
    async (driver) => {
      const words = [
        'serve',
        '--rules=rules.yaml',
        '--grpc-port=0',
        '--http-port=0',
        '--kafka-brokers=127.0.0.1:9',
        `--kafka-driver=${driver}`,
      ]
      const child = spawn(process.execPath, ['dist/bin.js', ...words], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      guardChild(child)
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      let port = 0
      for await (const line of createInterface(child.stdout)) {
        const { msg, grpc } = JSON.parse(line) as { readonly msg: string; readonly grpc?: string }
        if (msg !== 'ready for hook calls') continue
        port = Number(grpc?.split(':').at(-1))
        break
      }
      child.stdout.resume()
      const client = createHookClient({ port })
      const message = { id: '1', qos: 0, from: 'd1', topic: 'a/b', payload: Buffer.from('x') }
      expect(await client.call('OnMessagePublish', { message })).toMatchObject({ status: 0 })
      client.close()
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    },
  )
})
