import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import type { CheckOptions } from './check.ts'

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
  | { readonly ask: 'nothing'; readonly mistake: string }

const FLAGS = ['--strict', '--no-tests', '--help']

export function readCheckWords(words: readonly string[]): CheckWords {
  if (words.includes('--help') || words.includes('-h')) return { ask: 'help' }
  const unknown = words.find((word) => word.startsWith('-') && !FLAGS.includes(word))
  if (unknown !== undefined)
    return { ask: 'nothing', mistake: `there is no flag ${quoted(unknown)}${suggestion(unknown, FLAGS)}` }
  const files = words.filter((word) => !word.startsWith('-'))
  if (files.length === 0)
    return { ask: 'nothing', mistake: 'name rule files, as in `exhook-kafka check rules.yaml`' }
  return {
    ask: 'check',
    files,
    options: { strict: words.includes('--strict'), tests: !words.includes('--no-tests') },
  }
}
