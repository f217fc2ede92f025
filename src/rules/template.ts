import type { HookPoint } from '../hooks.ts'
import { parseTemplate, type TemplatePart } from './template-text.ts'
import { type Reader, readerOf, variableProblem } from './variables.ts'

/** Fills a template. Never throws; what an event does not carry is the empty string. */
export type Template = Reader

/** Compiles a template once. One with mistakes (see templateProblems) compiles too: its unknown parts are empty. */
export function compileTemplate(text: string): Template {
  const readers = parseTemplate(text).parts.map(partReader)
  const [first] = readers
  if (first === undefined) return () => ''
  // The usual key, `${clientid}`, is then one read of a property.
  if (readers.length === 1) return first
  return (input) => {
    let filled = ''
    for (const read of readers) filled += read(input)
    return filled
  }
}

/** What a template made whose every variable must have a value: the text, or the first variable that is empty. */
export type Filled = { readonly text: string } | { readonly missing: string }

/** Compiles a template of which nothing may be missing or empty. Never throws. */
export function compileStrictTemplate(text: string): (input: Parameters<Reader>[0]) => Filled {
  const parts = parseTemplate(text).parts.map((part) => ({ part, read: partReader(part) }))
  return (input) => {
    let filled = ''
    for (const { part, read } of parts) {
      const value = read(input)
      if (value === '' && 'variable' in part) return { missing: part.variable }
      filled += value
    }
    return { text: filled }
  }
}

/** Everything that is wrong with a template for a rule of these hooks, each with its fix; empty when nothing is. */
export function templateProblems(text: string, hooks: readonly HookPoint[]): string[] {
  const { parts, open } = parseTemplate(text)
  const problems = parts.flatMap((part) =>
    'variable' in part ? (variableProblem(part.variable, hooks) ?? []) : [],
  )
  if (open) problems.push('`${` is not closed: add `}`, or write `$${` for a literal `${`')
  return problems
}

const partReader = (part: TemplatePart): Reader =>
  'literal' in part ? () => part.literal : (readerOf(part.variable) ?? (() => ''))
