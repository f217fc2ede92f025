import { utf8Text } from '../text/utf8.ts'

/**
 * Payloads longer than this, in bytes, are not parsed. A device chooses what its JSON costs to
 * parse: 256 KiB of it took up to some 100 ms, and a payload of 16 MiB would hold every other client up for seconds.
 */
export const MAX_JSON_BYTES = 256 * 1024

/**
 * JSON nested deeper than this is not parsed either. JSON.parse takes any depth, but what walks its result does not:
 * JSON.stringify overflows the stack at some thousands.
 */
export const MAX_JSON_DEPTH = 200

/** Stand for a payload without a value; never values of JSON themselves. */
export const NO_JSON: unique symbol = Symbol('the payload is no JSON')
export const TOO_LARGE: unique symbol = Symbol(
  `the payload is larger than ${MAX_JSON_BYTES / 1024} KiB, so it is not looked into`,
)
export const TOO_DEEP: unique symbol = Symbol(
  `the payload is nested more than ${MAX_JSON_DEPTH} levels deep, so it is not looked into`,
)

/** Why a payload has no value. */
export type WithoutValue = typeof NO_JSON | typeof TOO_LARGE | typeof TOO_DEEP

/** Whether what parseJson gave is no value but the reason why there is none. */
export const isWithoutValue = (json: unknown): json is WithoutValue => typeof json === 'symbol'

/** The reason as a sentence. */
export const reasonWithoutValue = (why: WithoutValue): string => why.description ?? ''

/** The value of a payload that is JSON in UTF-8 within the bounds above; why it has none. Never throws. */
export function parseJson(payload: Buffer): unknown {
  const text = jsonText(payload)
  if (typeof text === 'symbol') return text
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
  if (typeof text === 'symbol') return text
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

function jsonText(payload: Buffer): string | WithoutValue {
  if (payload.length === 0) return NO_JSON
  if (payload.length > MAX_JSON_BYTES) return TOO_LARGE
  const text = utf8Text(payload)
  if (text === null) return NO_JSON
  return isTooDeep(text) ? TOO_DEEP : text
}

/** Counts brackets outside of strings; text that is no JSON may be misjudged, and has no value anyway. */
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
