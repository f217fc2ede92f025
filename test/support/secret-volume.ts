import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A volume of a Secret as the kubelet keeps it: `tls.crt` → `..data/tls.crt`, `..data` → a directory of its own. */
export interface SecretVolume {
  readonly folder: string
  path(name: string): string
  /** All files change at once, by one symlink that is renamed over the other. */
  swap(files: Readonly<Record<string, string>>): void
  remove(): void
}

export function createSecretVolume(files: Readonly<Record<string, string>>): SecretVolume {
  const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-secret-'))
  let version = 0
  const swap = (contents: Readonly<Record<string, string>>) => {
    const name = `..2026_11_21_${++version}`
    mkdirSync(join(folder, name))
    for (const [file, text] of Object.entries(contents)) writeFileSync(join(folder, name, file), text)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    rmSync(join(folder, `..2026_11_21_${version - 1}`), { recursive: true, force: true })
  }
  swap(files)
  for (const file of Object.keys(files)) symlinkSync(`..data/${file}`, join(folder, file))
  return {
    folder,
    path: (name) => join(folder, name),
    swap,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
