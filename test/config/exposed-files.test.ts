import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exposedFiles } from '../../src/config/exposed-files.ts'
import { load } from './sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const look = { mode: (path: string) => statSync(path).mode, realPath: (path: string) => realpathSync(path) }
const TOKEN = '0123456789abcdef'

function file(name: string, mode: number): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, TOKEN)
  chmodSync(path, mode)
  return path
}

const exposed = (path: string) =>
  exposedFiles(load({ env: { EXHOOK_HTTP_TOKEN_FILE: path }, files: { [path]: TOKEN } }), look)

describe('a file with a secret', () => {
  it.each([0o644, 0o604, 0o777])('that everybody may read (%o) is told', (mode) => {
    const path = file('open', mode)
    expect(exposed(path)).toEqual([{ option: 'http.token_file', path, mode: mode.toString(8) }])
  })

  it.each([0o600, 0o640, 0o400])('that few may read (%o) is not', (mode) => {
    expect(exposed(file('closed', mode))).toEqual([])
  })

  it('in a volume of Kubernetes is not, where 0644 is the default and one container sees it', () => {
    file('volume/..2026_11_21_08_00_00.123/http-token', 0o644)
    symlinkSync('..2026_11_21_08_00_00.123', join(folder, 'volume', '..data'))
    symlinkSync('..data/http-token', join(folder, 'volume', 'http-token'))
    expect(exposed(join(folder, 'volume', 'http-token'))).toEqual([])
  })

  it('that Docker or Podman mounts is not', () => {
    const mounted = { mode: () => 0o100444, realPath: (path: string) => path }
    const path = '/run/secrets/token'
    const config = load({ env: { EXHOOK_HTTP_TOKEN_FILE: path }, files: { [path]: TOKEN } })
    expect(exposedFiles(config, mounted)).toEqual([])
    expect(exposedFiles(config, { ...mounted, realPath: () => '/home/me/token' })).toHaveLength(1)
  })

  it('is no matter where there is none, or where it is gone', () => {
    expect(exposedFiles(load({}), look)).toEqual([])
    expect(exposed(join(folder, 'nowhere'))).toEqual([])
  })
})
