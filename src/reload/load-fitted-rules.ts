import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import { compileRules } from '../rules/compile-rules.ts'
import { decodeRuleText } from '../rules/load-rules.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import { readRules } from '../rules/rule-file.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { type FitConfig, misfits } from './misfits.ts'

/** The rules of one version of the rule file, whole. */
export interface LoadedRules {
  readonly rules: RuleSet
  /** As they are written, disabled ones too. */
  readonly configs: readonly RuleConfig[]
  /** Of the file's bytes: tells one version from another. */
  readonly digest: string
}

/** Reads and compiles the file that the configuration names. Throws as `compileFittedRules` does. */
export function loadFittedRules(config: FitConfig): LoadedRules {
  return compileFittedRules(() => readFileSync(config.rules), config)
}

/**
 * Compiles the bytes of a rule file. Throws a ConfigError with every mistake: of the file, also when `read` throws, else
 * of what does not fit the configuration.
 */
export function compileFittedRules(read: () => Uint8Array, config: FitConfig): LoadedRules {
  let bytes: Uint8Array = new Uint8Array()
  const text = decodeRuleText(() => {
    bytes = read()
    return bytes
  }, config.rules)
  const configs = readRules(text, config.rules)
  const rules = compileRules(configs)
  const mistakes = misfits(config, rules)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { rules, configs, digest: digestOf(bytes) }
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
