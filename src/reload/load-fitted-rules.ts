import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import { compileSteps } from '../rules/compile-rules.ts'
import { decodeRuleText } from '../rules/load-rules.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import { readRules } from '../rules/rule-file.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { atOnce, inSlices, type Steps } from '../rules/steps.ts'
import { type FitConfig, misfits } from './misfits.ts'
import { readRulesAside } from './read-rules-aside.ts'
import { ruleText } from './rules-change.ts'

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
  const { text, digest } = fileOf(read, config)
  return atOnce(fittingSteps(readRules(text, config.rules), digest, config))
}

/** Compiles rules that were read already, from the file of this digest. Throws as `compileFittedRules` does. */
export function fitRules(
  { configs, digest }: Pick<LoadedRules, 'configs' | 'digest'>,
  config: FitConfig,
): LoadedRules {
  return atOnce(fittingSteps(configs, digest, config))
}

/** A file of so many characters, some 30 rules, is read within a few ms, which is no more than a thread of its own takes to begin. */
const SMALL_CHARS = 8 * 1024

/**
 * The same beside whatever else there is to do: a large file is read by a thread, and what is compiled is compiled in slices. `signal` ends
 * it, with an error that means nothing.
 */
export async function compileFittedRulesAside(
  read: () => Uint8Array,
  config: FitConfig,
  signal: AbortSignal,
): Promise<LoadedRules> {
  const { text, digest } = fileOf(read, config)
  const fileName = config.rules
  const isSmall = text.length <= SMALL_CHARS
  const configs = isSmall ? readRules(text, fileName) : await readRulesAside({ text, fileName }, signal)
  return inSlices(fittingSteps(configs, digest, config))
}

function* fittingSteps(
  configs: readonly RuleConfig[],
  digest: string,
  config: FitConfig,
): Steps<LoadedRules> {
  const rules = yield* compileSteps(configs)
  for (const one of configs) {
    yield
    // They will be compared with those in force.
    ruleText(one)
  }
  const mistakes = misfits(config, rules)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { rules, configs, digest }
}

function fileOf(
  read: () => Uint8Array,
  config: FitConfig,
): { readonly text: string; readonly digest: string } {
  let bytes: Uint8Array = new Uint8Array()
  const text = decodeRuleText(() => {
    bytes = read()
    return bytes
  }, config.rules)
  return { text, digest: digestOf(bytes) }
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
