import type { X509Certificate } from 'node:crypto'

/** Names of a certificate, by kind. */
export interface CertificateNames {
  readonly dns: readonly string[]
  readonly uri: readonly string[]
}

/** A JSON string, in which Node.js writes a name that holds what separates names. */
const JSON_TEXT = /^"(?:[^"\\]|\\.)*"/

/** The DNS names and URIs of a certificate's subjectAltName. Never its common name, nor what the extension has beside. */
export function namesOf({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): CertificateNames {
  const entries = entriesOf(subjectAltName ?? '')
  const after = (prefix: string) =>
    entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length))
  return { dns: after('DNS:'), uri: after('URI:') }
}

/**
 * Whether one of the names is allowed: a DNS name by one that is the same but for capital letters, a URI by one that is the
 * same. A wildcard is a name like any other.
 */
export function isAllowed({ dns, uri }: CertificateNames, allowed: readonly string[]): boolean {
  const wanted = new Set(allowed)
  const wantedDns = new Set(allowed.map((name) => name.toLowerCase()))
  return uri.some((name) => wanted.has(name)) || dns.some((name) => wantedDns.has(name.toLowerCase()))
}

/**
 * The entries of `DNS:a, URI:"b, c"`. A name is whatever its owner wrote, a comma with a blank included: such a one is in
 * quotes, and is never taken apart.
 */
function entriesOf(text: string): readonly string[] {
  const entries: string[] = []
  let entry = ''
  for (let at = 0; at < text.length; ) {
    const quoted = text[at] === '"' ? JSON_TEXT.exec(text.slice(at))?.[0] : undefined
    if (quoted !== undefined) {
      // In front of its kind a quote is none that Node.js writes: such an entry has no kind.
      entry += entry === '' ? quoted : unquoted(quoted)
      at += quoted.length
    } else if (text.startsWith(', ', at)) {
      entries.push(entry)
      entry = ''
      at += 2
    } else {
      entry += text[at]
      at++
    }
  }
  return entry === '' ? entries : [...entries, entry]
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    return text
  }
}
