/** Payloads up to this length, in bytes, cost nothing whatever they are. */
const SMALL_BYTES = 1024
/** How a special key may be written: as it is, or with some letter escaped. */
const [CONSTRUCTOR, PROTO, ESCAPE] = ['constructor', '__proto__', '\\u'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
]
/** With more keys than this an object is a Map. */
const MAX_KEYS = 8

/**
 * JSON as conditions read it: objects of many keys, and those with a key `constructor` or `__proto__`, as Maps, which read the
 * same in CEL. The library asks each operand for its type, which it finds by the first key and the constructor: of an
 * object with n keys the first key costs n, so that a comparison in a loop would cost n for each item, and a device that
 * sends a key `constructor` would make every condition fail. `payload`: the bytes that it was parsed from.
 */
export function celValue(json: unknown, payload: Buffer): unknown {
  const suspicious =
    payload.length > SMALL_BYTES ||
    payload.includes(CONSTRUCTOR) ||
    payload.includes(PROTO) ||
    payload.includes(ESCAPE)
  return suspicious ? converted(json) : json
}

function converted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(converted)
  const entries = Object.entries(value)
  const isMap = entries.length > MAX_KEYS || entries.some(([key]) => SPECIAL.has(key))
  if (isMap) return new Map(entries.map(([key, inner]) => [key, converted(inner)]))
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of entries) copy[key] = converted(inner)
  return copy
}

const SPECIAL: ReadonlySet<string> = new Set(['constructor', '__proto__'])
