import { quoted } from '../text/quoted.ts'
import { clauseAround } from './condition-clause.ts'

/** What people write who know another language, and how CEL has it. */
const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/^(and|&)$/i, '&&'],
  [/^(or|\|)$/i, '||'],
  [/^(is|=|eq)$/i, '=='],
  [/^(<>|≠|ne)$/i, '!='],
  [/^≥$/, '>='],
  [/^≤$/, '<='],
  [/^IN$/i, 'in'],
  [/^[“”„«»]$/, '"'],
  [/^[‘’`]$/, "'"],
]

/** What stands at `at` of a condition, where CEL has something else for it, with that; undefined: nobody knows. */
export function foreignProblem(text: string, at: number): string | undefined {
  const rest = text.slice(at)
  const before = text.slice(0, at)
  const found = wordAt(rest)
  const known = (word: string, fix: string) => `${quoted(word)} is not known: write ${quoted(fix)}`
  const order = /^=\s?[<>]/.exec(rest)?.[0]
  if (order !== undefined && !before.endsWith('=')) return known(order, `${order.at(-1)}=`)
  if (/^(=~|~)/.test(rest) && !before.endsWith('=')) return NO_PATTERNS
  if (/^\d[\d.]*e\+?\d+/i.test(rest)) return `${quoted(found)} is too large: write a smaller number`
  const doubled = /^(&&|\|\|)/.exec(rest)?.[0]
  if (doubled !== undefined && /(&&|\|\|)\s*$/.test(before))
    return `this ${quoted(doubled)} is too much: remove it`
  // The third `=`, the third `&`.
  if (/^[=&|]$/.test(found) && before.endsWith(found + found))
    return `\`${found}\` is too much: write \`${found + found}\``
  if (/<\s*$/.test(before) && found === '>') return '`<>` is not known: write `!=`'
  if (/\bnot\s+$/i.test(before)) return known('not', negated(text, at))
  const notIn = /^not\s+in\b\s*/i.exec(rest)?.[0]
  if (notIn !== undefined) {
    const { start, end } = clauseAround(text, at)
    return known(notIn.trim(), `!(${text.slice(start, at).trim()} in ${text.slice(at + notIn.length, end)})`)
  }
  if (/^is\s+not\b/i.test(rest)) return known('is not', '!=')
  const type = /^is\s+(string|int|double|bool|list|map)\b(?!\.)/i.exec(rest)?.[1]
  if (type !== undefined) {
    const value = text.slice(clauseAround(text, at).start, at).trim()
    return known('is', `type(${value}) == ${type.toLowerCase()}`)
  }
  const among = found === ',' ? /\bin\s*\(([^()]*)$/i.exec(before) : null
  if (among !== null) {
    const items = `${among[1]}${/^[^()]*/.exec(rest)?.[0] ?? ''}`
    return `a list is written in square brackets: write ${quoted(`in [${items}]`)}`
  }
  const meant = OPERATORS.find(([pattern]) => pattern.test(found))?.[1]
  return meant === undefined ? undefined : known(found, meant)
}

const NO_PATTERNS =
  'there are no regular expressions here: use `startsWith`, `endsWith` or `contains`, as in `clientid.startsWith("x")`'

/** The `!` of what begins at a place, up to the end of its comparison. */
export function negated(text: string, at: number): string {
  const operand = text.slice(at, clauseAround(text, at).end)
  return /^[\w.]+(\([^()]*\))?$|^\([^()]*\)$/.test(operand) ? `!${operand}` : `!(${operand})`
}

/** The word or sign with which a text begins. */
export const wordAt = (text: string): string => /^(?:[\p{L}\p{N}\p{M}_]+|.)/su.exec(text)?.[0] ?? ''
