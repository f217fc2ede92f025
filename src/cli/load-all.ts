import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { type ConfigSources, readConfig } from '../config/load-config.ts'
import { type LoadedRules, loadFittedRules } from '../reload/load-fitted-rules.ts'

/**
 * The configuration and the rules that it names. Throws a ConfigError with the mistakes of both, and of what does not
 * fit between them.
 */
export function loadAll(sources: ConfigSources): { readonly config: Config; readonly rules: LoadedRules } {
  const { config, mistakes } = readConfig(sources)
  let rules: LoadedRules
  try {
    rules = loadFittedRules(config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError([...mistakes, ...error.mistakes])
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { config, rules }
}
