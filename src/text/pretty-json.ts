import { escapedJson } from './json-line.ts'

interface RawJson {
  readonly rawJSON: (text: string) => unknown
}

/**
 * JSON text over several lines, two blanks a level, its numbers digit by digit as they were; in which a terminal finds nothing
 * to obey but the ends of lines. null when it is no JSON, or nested deeper than can be written again.
 */
export function prettyJson(text: string): string | null {
  const keepDigits = (_: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined
      ? (JSON as unknown as RawJson).rawJSON(context.source)
      : value
  try {
    return JSON.stringify(JSON.parse(text, keepDigits), null, 2).split('\n').map(escapedJson).join('\n')
  } catch {
    return null
  }
}
