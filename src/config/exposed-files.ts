import type { Config } from './config.ts'
import { type NamedOption, OPTION_LIST, SECRETS } from './option-list.ts'
import { valueAt } from './secret-values.ts'

/** What the system tells of a file. Throws as `statSync` and `realpathSync` do. */
export interface LookAtFile {
  /** As in `stat`. */
  mode(path: string): number
  /** Without symbolic links. */
  realPath(path: string): string
}

/** A file that holds a secret or a private key and that every user of the machine may read. */
export interface ExposedFile {
  /** The option that names it. */
  readonly option: string
  readonly path: string
  /** As `ls` and `chmod` write it: `644`. */
  readonly mode: string
}

const READ_BY_OTHERS = 0o004

/**
 * The confidential files of this configuration that everybody may read. What an orchestrator mounts for one container alone is left
 * out, as it is 0644 or 0444 there by default: a volume of Kubernetes (its files stand in a directory `..2026_…`), and
 * `/run/secrets`, where Docker and Podman put secrets.
 */
export function exposedFiles(config: Config, look: LookAtFile): readonly ExposedFile[] {
  return OPTION_LIST.filter(isConfidential).flatMap(({ path: option }) => {
    const path = valueAt(config, option)
    if (typeof path !== 'string') return []
    try {
      const mode = look.mode(path)
      if ((mode & READ_BY_OTHERS) === 0 || isMounted(look.realPath(path))) return []
      return [{ option, path, mode: (mode & 0o777).toString(8) }]
    } catch {
      // It was readable a moment ago, or is said not to be elsewhere.
      return []
    }
  })
}

/** The file of a secret, or of a private key. */
const isConfidential = (option: NamedOption): boolean =>
  option.path.endsWith('_key_file') || SECRETS.some(({ file }) => file === option)

const isMounted = (path: string): boolean =>
  path.startsWith('/run/secrets/') || path.split('/').some((part) => /^\.\.\d{4}_/.test(part))
