/** `npm run docs`: writes the table of options, made from the options themselves, into the README. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withOptionsTable } from './options-in-readme.ts'

const path = new URL('../README.md', import.meta.url)
writeFileSync(path, withOptionsTable(readFileSync(path, 'utf8')))
