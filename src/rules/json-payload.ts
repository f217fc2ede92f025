import { utf8Text } from '../text/utf8.ts'

/**
 * Payloads longer than this, in bytes, are not parsed: they count as no JSON. A device chooses what its JSON costs to
 * parse: 256 KiB of it took up to some 100 ms, and a payload of 16 MiB would hold every other client up for seconds.
 */
export const MAX_JSON_BYTES = 256 * 1024

/**
 * JSON nested deeper than this counts as none. JSON.parse takes any depth, but what walks its result does not:
 * JSON.stringify overflows the stack at some thousands.
 */
export const MAX_JSON_DEPTH = 200

/** Stands for a payload that is no JSON; never a value of JSON. */
export const NO_JSON: unique symbol = Symbol('no JSON')

/** The value of a payload that is JSON in UTF-8; NO_JSON when it is not, or is beyond the bounds above. Never throws. */
export function parseJson(payload: Buffer): unknown {
  const text = jsonText(payload)
  if (text === null) return NO_JSON
  try {
    return JSON.parse(text)
  } catch {
    return NO_JSON
  }
}

/**
 * The same with whole numbers beyond ±(2^53 − 1) as text, digit for digit: a double would change them. Slow: only for
 * a payload in which such a number was found.
 */
export function parseJsonExactly(payload: Buffer): unknown {
  const text = jsonText(payload)
  if (text === null) return NO_JSON
  try {
    return JSON.parse(text, exactly)
  } catch {
    return NO_JSON
  }
}

const exactly = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  isInexact(value) ? (context?.source ?? value) : value

/** Whether a number is a whole one that a double may have changed. */
export const isInexact = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)

function jsonText(payload: Buffer): string | null {
  if (payload.length === 0 || payload.length > MAX_JSON_BYTES) return null
  const text = utf8Text(payload)
  return text === null || isTooDeep(text) ? null : text
}

/** Counts brackets outside of strings; text that is no JSON may be misjudged, and is refused by the parser anyway. */
function isTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_JSON_DEPTH) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === BACKSLASH) i++
      else if (unit === QUOTE) inString = false
    } else if (unit === QUOTE) inString = true
    else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) depth--
  }
  return false
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
