import { quoted } from '../text/quoted.ts'

/** A path up to a `.`, and the beginning of the member behind it that CEL takes for a name. */
const MEMBER = /([A-Za-z_]\w*(?:\.\w+|\[[^\][]*\])*)\s*\.\s*(\w*)$/

/**
 * What is wrong with a character that CEL has no use for, with its code point where one cannot see it; or with a member
 * whose name is none in CEL, with the way to write it. undefined: something else is wrong at `at`.
 */
export function characterProblem(text: string, at: number): string | undefined {
  const rest = text.slice(at)
  const [, path, begun = ''] = MEMBER.exec(text.slice(0, at)) ?? []
  const char = String.fromCodePoint(rest.codePointAt(0) ?? 0)
  const isInvisible = /[\p{Cf}\p{Cc}\p{Zs}\p{Zl}\p{Zp}]/u.test(char) && !/[ \t\r\n]/.test(char)
  if (isInvisible)
    return `there is a character here that one cannot see (${codePoint(char)}): ${/\p{Zs}/u.test(char) ? 'write an ordinary blank' : 'remove it'}`
  if (/[\uFF01-\uFF5E]/.test(char))
    return `${quoted(char)} (${codePoint(char)}) is not known: write ${quoted(halfWidth(char))}`
  const alike = /[\p{Script=Cyrillic}\p{Script=Greek}]/u.exec(
    /^[\p{L}\p{N}\p{M}_]+/u.exec(rest)?.[0] ?? '',
  )?.[0]
  const word = `${/\w*$/.exec(text.slice(0, at))?.[0] ?? ''}${/^[\p{L}\p{N}\p{M}_]*/u.exec(rest)?.[0] ?? ''}`
  if (alike !== undefined && /[A-Za-z]/.test(word))
    return `the ${quoted(alike)} in ${quoted(word)} only looks like a letter of the Latin alphabet (${codePoint(alike)}): write it anew`
  if (path === undefined)
    return /[^\p{ASCII}]/u.test(char) && /\p{L}/u.test(char)
      ? `${quoted(char)} (${codePoint(char)}) is in the name of no field: write the name of one, or a text in quotes`
      : undefined
  const ticked = begun === '' ? /^`([^`]+)`/.exec(rest)?.[1] : undefined
  const isNone = /^\d+[A-Za-z_]|^(in|true|false|null)\b/.test(rest) || /^[^\p{ASCII}]/u.test(rest)
  const name = ticked ?? (isNone ? /^[\p{L}\p{N}\p{M}_]+/u.exec(rest)?.[0] : undefined)
  const asked = name === 'in' ? /^in\s*\(([^()]*)\)/.exec(rest)?.[1] : undefined
  if (asked !== undefined) return `\`in\` is no method: write ${quoted(`${asked} in ${path}`)}`
  return name === undefined
    ? undefined
    : `this name stands in brackets: write ${quoted(`${path}[${JSON.stringify(begun + name)}]`)}`
}

const codePoint = (char: string): string =>
  `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** The ASCII sign of a full-width one. */
const halfWidth = (char: string): string => String.fromCharCode(char.charCodeAt(0) - 0xfee0)
