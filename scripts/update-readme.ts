/** `npm run docs`: writes what is made from the code itself: parts of the README and of the pages of docs/, and the JSON Schemas. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withFormatExamples } from './format-examples.ts'
import { withOptionsTable } from './options-in-readme.ts'
import { schemaFiles } from './schemas/schema-files.ts'

const pathOf = (file: string): URL => new URL(`../${file}`, import.meta.url)

function update(page: string, made: (text: string) => string): void {
  writeFileSync(pathOf(page), made(readFileSync(pathOf(page), 'utf8')))
}

update('README.md', withOptionsTable)
update('docs/formats.md', withFormatExamples)
for (const [file, text] of schemaFiles()) writeFileSync(pathOf(file), text)
