import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const SOAK_PAGE = 'docs/soak.md'

/** Each part of the page is made by a command of its own, and stays as it is while another is made anew. */
const PARTS = ['matrix', 'outage', 'replies'] as const
export type Part = (typeof PARTS)[number]

const INTRODUCTION = `# Soak: what happens under faults, counted

Made by \`npm run soak\` (the matrix), \`npm run soak:outage\` and \`npm run bench:replies\`; do not edit. How to read each table
stands above it.
`

const beginOf = (part: Part): string => `<!-- ${part} -->`
const endOf = (part: Part): string => `<!-- /${part} -->`

/** The page with one of its parts replaced. */
export function withPart(page: string, part: Part, text: string): string {
  const whole = PARTS.reduce(
    (sum, name) => (sum.includes(beginOf(name)) ? sum : `${sum}\n${beginOf(name)}\n${endOf(name)}\n`),
    page === '' ? INTRODUCTION : page,
  )
  const begin = whole.indexOf(beginOf(part)) + beginOf(part).length
  return `${whole.slice(0, begin)}\n\n${text.trim()}\n\n${whole.slice(whole.indexOf(endOf(part)))}`
}

export function writePart(path: string, part: Part, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const page = existsSync(path) ? readFileSync(path, 'utf8') : ''
  writeFileSync(path, withPart(page, part, text))
}
