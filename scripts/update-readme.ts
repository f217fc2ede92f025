/** `npm run docs`: writes what is made from the code itself into the README and the pages of docs/. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withFormatExamples } from './format-examples.ts'
import { withOptionsTable } from './options-in-readme.ts'

function update(page: string, made: (text: string) => string): void {
  const path = new URL(`../${page}`, import.meta.url)
  writeFileSync(path, made(readFileSync(path, 'utf8')))
}

update('README.md', withOptionsTable)
update('docs/formats.md', withFormatExamples)
