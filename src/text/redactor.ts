/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** Shorter ones would take ordinary words out of what is said. */
const MIN_LENGTH = 8

/**
 * A last resort behind all that never says a secret in the first place: replaces these secrets in any text, as they are and as they
 * stand in JSON, in a URL and in base64. Secrets of fewer than `minLength` characters (8) are left as they are.
 */
export function createRedactor(
  secrets: readonly string[],
  { minLength = MIN_LENGTH } = {},
): (text: string) => string {
  const forms = new Set(secrets.filter(({ length }) => length > 0 && length >= minLength).flatMap(formsOf))
  // The longest first: one may be the beginning of another.
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((left, form) => left.replaceAll(form, REDACTED), text)
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
}
