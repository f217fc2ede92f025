import type { HookPoint } from '../hooks.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { LATER_VARIABLES, levelReader, type Reader, VARIABLES } from './variables.ts'

/**
 * Templates: text with `${variable}` in it, `${topic[1]}` for a level of the topic (from 0), and `$${` for a
 * literal `${`. A `$` before anything else is itself.
 */

/** Fills a template. Never throws; what an event does not carry is the empty string. */
export type Template = Reader

type Part = { readonly literal: string } | { readonly variable: string }

/** Compiles a template once. One with mistakes (see templateProblems) compiles too: its unknown parts are empty. */
export function compileTemplate(text: string): Template {
  const readers = parseTemplate(text).parts.map(partReader)
  const [first] = readers
  if (first === undefined) return () => ''
  // The usual key, `${clientid}`, is then one read of a property.
  if (readers.length === 1) return first
  return (event, topic) => {
    let filled = ''
    for (const read of readers) filled += read(event, topic)
    return filled
  }
}

/** Everything that is wrong with a template for a rule of these hooks, each with its fix; empty when nothing is. */
export function templateProblems(text: string, hooks: readonly HookPoint[]): string[] {
  const { parts, open } = parseTemplate(text)
  const problems = parts.flatMap((part) => ('variable' in part ? variableProblems(part.variable, hooks) : []))
  if (open) problems.push('`${` is not closed: add `}`, or write `$${` for a literal `${`')
  return problems
}

function variableProblems(name: string, hooks: readonly HookPoint[]): string[] {
  const base = levelIndex(name) === null ? name : 'topic'
  const variable = VARIABLES.get(base)
  if (variable === undefined) return [unknownProblem(name)]
  const without = hooks.filter((hook) => !variable.has(hook))
  if (without.length === 0) return []
  return [
    `${without.join(', ')} ${without.length === 1 ? 'has' : 'have'} no ${quoted(`\${${base}}`)}: use another variable, or split the rule`,
  ]
}

function unknownProblem(name: string): string {
  const shown = quoted(`\${${name}}`)
  if (name.startsWith('topic['))
    return `${shown} is no level of the topic: write a number from 0, as in \`\${topic[1]}\``
  const oneOf = `use one of ${[...VARIABLES.keys()].join(', ')}`
  if (LATER_VARIABLES.has(name) || name.startsWith('payload.'))
    return `${shown} is not supported by this version: ${oneOf}`
  const meant = didYouMean(name, VARIABLES.keys())
  const fix = meant === undefined ? `: ${oneOf}` : `, did you mean \`\${${meant}}\`?`
  return `there is no variable ${shown}${fix}`
}

function partReader(part: Part): Reader {
  if ('literal' in part) return () => part.literal
  const index = levelIndex(part.variable)
  if (index !== null) return levelReader(index)
  return VARIABLES.get(part.variable)?.read ?? (() => '')
}

/** The n of `topic[n]`; null for other names. */
function levelIndex(name: string): number | null {
  const digits = /^topic\[(\d+)\]$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** `open`: a `${` has no `}`; the text from there is taken literally. */
function parseTemplate(text: string): { readonly parts: readonly Part[]; readonly open: boolean } {
  const parts: Part[] = []
  let literal = ''
  let at = 0
  const flush = () => {
    if (literal !== '') parts.push({ literal })
    literal = ''
  }
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) break
    literal += text.slice(at, dollar)
    if (text.startsWith('$${', dollar)) {
      literal += '${'
      at = dollar + 3
    } else if (text.startsWith('${', dollar)) {
      const close = text.indexOf('}', dollar)
      if (close === -1) {
        literal += text.slice(dollar)
        flush()
        return { parts, open: true }
      }
      flush()
      parts.push({ variable: text.slice(dollar + 2, close) })
      at = close + 1
    } else {
      literal += '$'
      at = dollar + 1
    }
  }
  literal += text.slice(at)
  flush()
  return { parts, open: false }
}
