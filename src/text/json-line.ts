/** What JSON may hold as it is and a terminal would obey, or take for the end of a line. */
const OBEYED = /[\p{C}\p{Zl}\p{Zp}]/gu

/** JSON text with these characters written as `\uXXXX`. Only for JSON without blanks or line ends between its parts. */
export function escapedJson(json: string): string {
  return json.replaceAll(OBEYED, (char) =>
    // A character beyond 16 bits is two of them.
    Array.from(char.split(''), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** A value as JSON on one line in which a terminal finds nothing to obey. */
export const jsonLine = (value: unknown): string => escapedJson(JSON.stringify(value))

interface RawJson {
  readonly rawJSON: (text: string) => unknown
}

/**
 * JSON text as `jsonLine` writes it, its numbers digit by digit as they were: what is beyond a double's precision
 * stays. null when it is no JSON, or nested deeper than can be written again.
 */
export function compactJson(text: string): string | null {
  const keepDigits = (_: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined
      ? (JSON as unknown as RawJson).rawJSON(context.source)
      : value
  try {
    return jsonLine(JSON.parse(text, keepDigits))
  } catch {
    return null
  }
}
