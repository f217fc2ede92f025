import { readFileSync } from 'node:fs'

/** A package of the lock file. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** As its package.json names it; `none` where it names none. */
  readonly licence: string
  /** Needed at run time. */
  readonly production: boolean
  /** Has a script that npm would run when it installs it. */
  readonly installScript: boolean
  /** The digest that npm holds what it downloads against; null: none. */
  readonly integrity: string | null
  /** Where it was taken from, when the lock file says so. */
  readonly resolved: string | null
}

interface LockEntry {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly resolved?: string
}

/** Every package that the lock file would install, by name and version, those for other systems included. */
export function lockedPackages(): readonly LockedPackage[] {
  const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockEntry>> }
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version,
      licence: entry.license ?? 'none',
      production: entry.dev !== true,
      installScript: entry.hasInstallScript === true,
      integrity: entry.integrity ?? null,
      resolved: entry.resolved ?? null,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1))
}
