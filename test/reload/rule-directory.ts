import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory with a rule file in it, and all the ways in which people and programs write one. */
export interface RuleDirectory {
  readonly folder: string
  readonly path: string
  /** Truncates and writes, as a shell does. */
  write(text: string): void
  /** Half of it first, then the rest, with nothing in between. */
  writeInTwoSteps(text: string): void
  /** A file beside it is renamed over it. */
  renameOver(text: string): void
  /** The old one becomes a backup, a new one takes its name. */
  backUpAndWrite(text: string): void
  remove(): void
  removeFolder(): void
}

export function ruleDirectory(text: string): RuleDirectory {
  const parent = temporaryFolder()
  const folder = join(parent, 'etc')
  const path = join(folder, 'rules.yaml')
  const write = (contents: string) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, contents)
  }
  write(text)
  return {
    folder,
    path,
    write,
    writeInTwoSteps(contents) {
      write(contents.slice(0, contents.length / 2))
      writeFileSync(path, contents.slice(contents.length / 2), { flag: 'a' })
    },
    renameOver(contents) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(`${path}.new`, contents)
      renameSync(`${path}.new`, path)
    },
    backUpAndWrite(contents) {
      try {
        renameSync(path, `${path}~`)
      } catch {
        // There was none.
      }
      write(contents)
    },
    remove: () => rmSync(path, { force: true }),
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A volume of a ConfigMap as the kubelet keeps it: `rules.yaml` → `..data/rules.yaml`, `..data` → a directory of its own. */
export function configMapVolume(text: string) {
  const folder = temporaryFolder()
  let versions = 0
  const swap = (contents: string) => {
    const name = `..2026_11_21_${++versions}`
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'rules.yaml'), contents)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    rmSync(join(folder, `..2026_11_21_${versions - 1}`), { recursive: true, force: true })
  }
  swap(text)
  symlinkSync('..data/rules.yaml', join(folder, 'rules.yaml'))
  return { path: join(folder, 'rules.yaml'), swap }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
