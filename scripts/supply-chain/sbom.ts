import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lockedPackages } from './locked-packages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
}

interface Sbom {
  readonly metadata: { readonly component: Component } & Record<string, unknown>
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly [key: string]: unknown
}

/**
 * The bill of materials of what runs, in CycloneDX 1.5: what `npm sbom` makes of the lock file, without the packages that
 * are for development alone (its own `--omit=dev` leaves out those, too, that both need), and without what is another each
 * time it is made (serial number, time) or depends on the folder (the program's name). Throws with npm's words when npm fails.
 */
export function sbomText(): string {
  const words = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
  const { status, stdout, stderr, error } = spawnSync('npm', words, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  return `${JSON.stringify(ofWhatRuns(JSON.parse(stdout) as Sbom), null, 2)}\n`
}

function ofWhatRuns(sbom: Sbom): object {
  const { serialNumber: _, metadata, components, dependencies, ...rest } = sbom
  const { timestamp: __, component, ...about } = metadata
  const { name } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { readonly name: string }
  const runs = new Set(
    lockedPackages().flatMap((one) => (one.production ? [`${one.name}@${one.version}`] : [])),
  )
  const kept = components.filter((one) => runs.has(`${one.name}@${one.version}`))
  const refs = new Set([component, ...kept].map((one) => one['bom-ref']))
  return {
    ...rest,
    metadata: { ...about, component: { ...component, type: 'application', name } },
    components: kept,
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  }
}
