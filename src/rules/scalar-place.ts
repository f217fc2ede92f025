/** How YAML writes a text. */
export type ScalarStyle = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE' | 'BLOCK_LITERAL' | 'BLOCK_FOLDED'

/** What folding and indenting add, take away and replace: never a reason to lose the place of anything else. */
const BLANK = /[ \t\r\n]/

/** The escapes of a text in double quotes that stand for a number of hex digits. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * Where in the source of a scalar the character `at` of its text stands, both from 0; `at` may be the text's length. Exact for
 * every character but blanks, of which folding leaves no trace: one that is not there stands behind what comes before it.
 *
 * Folding, indentation and chomping change nothing but blanks. So the places are found by counting what is not blank on
 * both sides, which needs to know of YAML no more than the quotes and escapes.
 */
export function placeInScalar(source: string, style: ScalarStyle, text: string, at: number): number {
  const places = placesOf(source, style)
  const before = text.slice(0, at)
  let visible = 0
  for (const unit of before) if (!BLANK.test(unit)) visible += unit.length
  const here = places[visible]
  if (here !== undefined && at < text.length && !BLANK.test(text[at] ?? '')) return here.start
  const last = places[visible - 1]
  if (last === undefined) return here?.start ?? 0
  const blanks = before.length - before.search(/[ \t\r\n]*$/)
  const line = source.indexOf('\n', last.end)
  return Math.min(last.end + blanks, line === -1 ? source.length : line, here?.start ?? source.length)
}

interface Place {
  readonly start: number
  readonly end: number
}

/** Of each character of the text that is not blank, in UTF-16 units, where it is written. */
function placesOf(source: string, style: ScalarStyle): readonly Place[] {
  const places: Place[] = []
  const quoted = style === 'QUOTE_SINGLE' || style === 'QUOTE_DOUBLE'
  const end = quoted ? source.length - 1 : source.length
  let start = beginningOf(source, style)
  while (start < end) {
    const { length, units } = unitAt(source, style, start)
    for (let unit = 0; unit < units; unit++) places.push({ start, end: start + length })
    start += length
  }
  return places
}

/** Behind the opening quote, or the line of `|` or `>`, which may end in a comment. */
function beginningOf(source: string, style: ScalarStyle): number {
  if (style === 'PLAIN') return 0
  return style.startsWith('QUOTE') ? 1 : source.indexOf('\n') + 1
}

/** How long the next thing of the source is, and how many units of the text it makes that are not blank. */
function unitAt(source: string, style: ScalarStyle, at: number): { length: number; units: number } {
  const char = source[at] ?? ''
  if (style === 'QUOTE_SINGLE' && char === "'") return { length: 2, units: 1 }
  if (style !== 'QUOTE_DOUBLE' || char !== '\\') return { length: 1, units: BLANK.test(char) ? 0 : 1 }
  const escaped = source[at + 1] ?? ''
  const digits = HEX_DIGITS[escaped]
  if (digits === undefined) return { length: 2, units: / |\t|\r|\n|t|n|r/.test(escaped) ? 0 : 1 }
  const made = String.fromCodePoint(Number.parseInt(source.slice(at + 2, at + 2 + digits), 16))
  return { length: 2 + digits, units: BLANK.test(made) ? 0 : made.length }
}
