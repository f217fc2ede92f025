import type { Config } from '../config/config.ts'
import { ConfigError, type Mistake } from '../config/config-error.ts'
import { type ConfigSources, readConfig } from '../config/load-config.ts'
import { type LoadedRules, loadFittedRules } from '../reload/load-fitted-rules.ts'
import { type Certificates, certificateFilesOf, readCertificates } from '../tls/certificates.ts'

/** All that `serve` reads before it starts. */
export interface Loaded {
  readonly config: Config
  readonly rules: LoadedRules
  /** null: the hook port speaks plain text. */
  readonly certificates: Certificates | null
}

/**
 * The configuration, and the rules and certificates that it names. Throws a ConfigError with the mistakes of all, and of
 * what does not fit between them.
 */
export function loadAll(sources: ConfigSources): Loaded {
  const { config, mistakes: ofConfig } = readConfig(sources)
  const mistakes = [...ofConfig]
  const files = certificateFilesOf(config.grpc)
  const rules = loaded(() => loadFittedRules(config), mistakes)
  const certificates = files && loaded(() => readCertificates(files, sources.readFile), mistakes)
  if (mistakes.length > 0 || rules === null) throw new ConfigError(mistakes)
  return { config, rules, certificates }
}

function loaded<T>(load: () => T, mistakes: Mistake[]): T | null {
  try {
    return load()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    mistakes.push(...error.mistakes)
    return null
  }
}
