import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Carries Kubernetes' own published schemas, strict ones included, for each minor version up to its own. */
const PACKAGE = 'kubernetes-validate'
const VERSION = '1.37.0'
const PYTHON = 'python3'

/** How one document of a manifest fared against one version of Kubernetes. */
export interface Verdict {
  readonly kind: string
  readonly name: string
  /** `1.37` */
  readonly version: string
  /** Null when the document is valid. */
  readonly error: string | null
}

/**
 * Reads YAML as kubectl's reader does (in YAML 1.1 `off` is false) and checks each document against the three newest
 * versions. Whatever is not a plain pass is an error, a kind without a schema included.
 */
const CHECK = `
import json, sys, yaml
from kubernetes_validate import utils
versions = sorted(set(utils.all_versions()), key=lambda v: [int(n) for n in v.split('.')])[-3:]
verdicts = []
for document in yaml.safe_load_all(sys.stdin.read()):
    for version in versions:
        error = None
        try:
            utils.validate(document, version, strict=True)
        except Exception as e:
            error = (getattr(e, 'message', None) or str(e) or type(e).__name__)[:300]
        verdicts.append({
            'kind': document['kind'],
            'name': document['metadata']['name'],
            'version': utils.major_minor(version),
            'error': error,
        })
print(json.dumps(verdicts))
`

/** Every document of a manifest against the three newest versions that the schemas know. Throws without python3 or pip. */
export function checkManifest(yaml: string): readonly Verdict[] {
  const folder = installSchemas()
  const out = execFileSync(PYTHON, ['-c', CHECK], {
    input: yaml,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: folder },
  })
  return JSON.parse(out) as readonly Verdict[]
}

/** Installs the package once for this machine's Python, into a folder of its own, and returns the folder. */
export function installSchemas(): string {
  const tag = execFileSync(PYTHON, ['-c', 'import sys; print(sys.implementation.cache_tag)'], {
    encoding: 'utf8',
  })
  const cache = join(homedir(), '.cache', 'exhook-kafka')
  const folder = join(cache, `${PACKAGE}-${VERSION}-${tag.trim()}`)
  if (existsSync(folder)) return folder

  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'installing-'))
  try {
    const install = ['-m', 'pip', 'install', '--quiet', '--no-warn-conflicts', '--target', fresh]
    execFileSync(PYTHON, [...install, `${PACKAGE}==${VERSION}`], { stdio: ['ignore', 'ignore', 'pipe'] })
    renameInto(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return folder
}

/** Moves a complete installation into place; another run may have been quicker. */
function renameInto(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}
