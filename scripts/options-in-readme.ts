import { optionsTable } from '../src/config/describe-options.ts'

const BEGIN = '<!-- options: made by `npm run docs` from src/config/options.ts -->'
const END = '<!-- /options -->'

/** The README with the table of options as it should be. Throws when the place for it is gone. */
export function withOptionsTable(readme: string): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin < 0 || end < begin) throw new Error('README.md has lost the place of the table of options')
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${optionsTable().trim()}\n\n${readme.slice(end)}`
}
