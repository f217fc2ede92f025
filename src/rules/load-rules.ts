import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import { compileRules } from './compile-rules.ts'
import type { RuleConfig } from './rule-config.ts'
import { type RuleFile, readRuleFile, readRules } from './rule-file.ts'
import type { RuleSet } from './rule-set.ts'

/** Reads and compiles a rule file (YAML, UTF-8). Throws a ConfigError with every mistake, also when it cannot be read. */
export function loadRules(path: string): RuleSet {
  return compileRules(loadRuleConfigs(path))
}

/** Compiles the text of a rule file; `fileName` is only for messages. Throws a ConfigError with every mistake. */
export function parseRules(text: string, fileName: string): RuleSet {
  return compileRules(readRules(text, fileName))
}

/** The rules of a file as written, disabled ones too. Throws as loadRules does. */
export function loadRuleConfigs(path: string): readonly RuleConfig[] {
  return loadRuleFile(path).rules
}

/** The rules of a file as written, and its tests. Throws as loadRules does. */
export function loadRuleFile(path: string): RuleFile {
  return readRuleFile(readText(path), path)
}

const readText = (path: string): string => decodeRuleText(() => readFileSync(path), path)

/** The text of a rule file. Throws a ConfigError when `read` throws, or what it gives is no UTF-8. */
export function decodeRuleText(read: () => Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(read())
  } catch (error) {
    throw new ConfigError([{ file: path, message: unreadable(error) }])
  }
}

/** Why a rule file cannot be read, and the fix, from what reading it threw. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file: check the path'
    case 'EISDIR':
      return 'this is a directory: name the rule file in it'
    case 'EACCES':
      return 'the file may not be read: check its permissions'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'the file is not UTF-8 text: save it as UTF-8'
    default:
      return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}
