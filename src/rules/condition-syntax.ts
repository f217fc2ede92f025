import { characterProblem } from './condition-characters.ts'
import type { ConditionProblem } from './condition-cost.ts'
import { foreignProblem, wordAt } from './condition-words.ts'

/** An error of the parser, as far as it is used here. */
export interface SyntaxFault {
  readonly code?: string
  readonly summary?: string
  readonly range?: { readonly start: number; readonly end: number }
}

/** What a condition is that is no CEL, with the fix. `text` is what the parser has failed on. */
export function syntaxProblem(text: string, error: SyntaxFault): ConditionProblem {
  const end = text.trimEnd().length
  const at = Math.min(error.range?.start ?? 0, end)
  if (end === 0) return { message: 'it is empty: write a condition, as in `qos > 0`, or remove it', at: 0 }
  const code = error.code ?? ''
  const known = code === 'limit_exceeded' ? tooMuch(error.summary ?? '') : BY_CODE[code]?.(text.slice(at))
  if (known !== undefined) return { message: known, at }
  if (at === end) return { message: `it ends too early: ${missingAtEnd(text.slice(0, end), error)}`, at }
  return { message: unexpected(text, at, error), at }
}

/** What to do, by the parser's code of the error; it gets the text from the error on. */
const BY_CODE: { readonly [code: string]: (rest: string) => string } = {
  unterminated_string: (rest) => `this text is not closed: add \`${rest[0]}\` behind it`,
  unterminated_triple_quoted_string: (rest) =>
    `this text is not closed: add \`${rest.slice(0, 3)}\` behind it`,
  newline_in_string: () => 'this text does not end on its line: close it there',
  reserved_identifier: (rest) => `\`${wordAt(rest)}\` is a word of CEL itself, and no field: write a field`,
  invalid_integer: (rest) => `\`${wordAt(rest)}\` is too large: write a smaller number`,
  invalid_hex_integer: (rest) => `\`${wordAt(rest)}\` is no number: write its digits`,
  invalid_escape_sequence: () => 'there is no such escape: write `\\\\` for a `\\`',
  invalid_macro_argument: () =>
    'this must be a name for the item, as `x` in `payload.list.exists(x, x == 1)`',
}

function tooMuch(summary: string): string {
  const limit = /\((\d+)\)/.exec(summary)?.[1]
  return summary.includes('maxDepth')
    ? `it is nested more than ${limit} levels deep: write it flatter`
    : `it has more than ${limit} parts: shorten it, or split the rule`
}

/** What the parser calls what it wants, and how it is written. */
const WANTED: Readonly<Record<string, string>> = {
  RPAREN: '`)`',
  RBRACKET: '`]`',
  RBRACE: '`}`',
  COLON: '`:` and what it is otherwise',
  IDENTIFIER: 'a name',
}

const wantedOf = ({ summary = '' }: SyntaxFault): string | undefined =>
  WANTED[/^Expected (\w+),/.exec(summary)?.[1] ?? '']

function missingAtEnd(text: string, error: SyntaxFault): string {
  const wanted = wantedOf(error)
  if (wanted !== undefined) return `add ${wanted}`
  const last = /(?:[\w.]+|&&|\|\||[=!<>]=|\S)$/.exec(text)?.[0] ?? text
  return `write what comes after \`${last}\``
}

function unexpected(text: string, at: number, error: SyntaxFault): string {
  const rest = text.slice(at)
  const before = text.slice(0, at)
  const found = wordAt(rest)
  if (rest.startsWith('${')) return 'fields are written without `${}` here: write `qos`, not `${qos}`'
  const known = characterProblem(text, at) ?? foreignProblem(text, at)
  if (known !== undefined) return known
  if (found === ')' || found === ']' || found === '}')
    return `nothing is open that this \`${found}\` could close: remove it`
  if (found === ';') return '`;` is not known: remove it'
  if (/\.\s*$/.test(before) && /^[\d[]/.test(found))
    return 'an item of a list is written without `.`, as in `payload.list[0]`'
  const wanted = wantedOf(error)
  return wanted === undefined
    ? `\`${found}\` is not expected here: put an operator such as \`&&\` or \`==\` before it, or remove it`
    : `\`${found}\` is not expected here: ${wanted} is missing`
}
