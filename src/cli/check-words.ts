import type { Mistake } from '../config/config-error.ts'
import type { CheckOptions } from './check.ts'
import { readWords } from './words.ts'

export const CHECK_HELP = `exhook-kafka check <rules.yaml> … [--strict] [--no-tests]

Checks rule files: every mistake at once as file:line:column, warnings of what is allowed and hardly meant, and the tests of the files.

  --strict     a warning counts as a mistake
  --no-tests   do not run the section \`tests\` (its form is checked all the same)
  --help       this

Exit codes: 0 every file is good; 1 a mistake, a test that fails, with --strict a warning; 2 words that it cannot take.
`

/** What the words after `check` ask for. */
export type CheckWords =
  | { readonly ask: 'check'; readonly files: readonly string[]; readonly options: CheckOptions }
  | { readonly ask: 'help' }
  | { readonly ask: 'nothing'; readonly mistakes: readonly Mistake[] }

const FILE = 'rule file, as in `exhook-kafka check rules.yaml`'
const SPEC = { values: [], switches: ['strict', 'no-tests'], words: [FILE], more: FILE, sections: [] }

export function readCheckWords(argv: readonly string[]): CheckWords {
  if (argv.includes('--help') || argv.includes('-h')) return { ask: 'help' }
  const { words, others, switches, mistakes } = readWords(argv, SPEC)
  if (mistakes.length > 0) return { ask: 'nothing', mistakes }
  return {
    ask: 'check',
    files: [words[FILE] ?? '', ...others],
    options: { strict: switches.has('strict'), tests: !switches.has('no-tests') },
  }
}
