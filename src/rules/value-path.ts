/** One step into a value: the name of an object's property, or the index of an array's item, from 0. */
export type Step = string | number

/**
 * Reads a path such as `a.b`, `list[0].x` or `[2]` (what follows `payload` in a template); null when it is none.
 * Names may hold anything but `.`, `[` and `]`.
 */
export function parsePath(text: string): readonly Step[] | null {
  const steps: Step[] = []
  for (let at = 0; at < text.length; ) {
    const found = /^(?:\.([^.[\]]+)|\[(\d{1,9})\])/.exec(text.slice(at))
    if (found === null) return null
    steps.push(found[1] ?? Number(found[2]))
    at += found[0].length
  }
  return steps
}

/**
 * What stands at a path; undefined when nothing does. Reads own properties and items only: `constructor` or
 * `__proto__` are names like any other.
 */
export function valueAt(value: unknown, path: readonly Step[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined
    if (Array.isArray(at) !== (typeof step === 'number') || !Object.hasOwn(at, step)) return undefined
    at = (at as Readonly<Record<Step, unknown>>)[step]
  }
  return at
}

/** A value of JSON as a template writes it: text as it is, null and what is missing as nothing, the rest as JSON. Never throws. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return ''
  }
}
