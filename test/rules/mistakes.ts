import { ConfigError, formatMistake } from '../../src/config/config-error.ts'
import { readRules } from '../../src/rules/rule-file.ts'

/** Every mistake of a rule file as `line:column: message`; none: the file is good. */
export function mistakesOf(text: string): readonly string[] {
  try {
    readRules(text, 'rules.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map((mistake) => formatMistake(mistake).replace('rules.yaml:', ''))
  }
}

/** The text of a file. */
export const lines = (...all: readonly string[]) => all.map((line) => `${line}\n`).join('')

/** A file with one good rule, on lines 2 and 3, and more lines in it from line 4 on. */
export const rule = (...more: readonly string[]) =>
  lines('rules:', '  - hook: message.publish', '    topic: t', ...more.map((line) => `    ${line}`))
