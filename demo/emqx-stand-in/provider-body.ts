import { createHash } from 'node:crypto'
import type { CertificateStore } from './provider-tls.ts'

/** A provider as EMQX's configuration keeps it, defaults filled in; durations as text (`5s`). */
export interface StoredProvider {
  readonly name: string
  readonly enable: boolean
  readonly url: string
  readonly request_timeout: string
  readonly failed_action: 'deny' | 'ignore'
  readonly auto_reconnect: string | false
  readonly pool_size: number
  readonly ssl: Readonly<Record<string, unknown>>
  readonly socket_options: Readonly<Record<string, unknown>>
}

const DEFAULTS = {
  enable: true,
  request_timeout: '5s',
  failed_action: 'deny',
  auto_reconnect: '60s',
  pool_size: 8,
  ssl: {},
  socket_options: { keepalive: true, nodelay: true },
} as const

const isDuration = (value: unknown): boolean => typeof value === 'string' && /^(\d+(ms|s|m|h))+$/.test(value)
const isMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) =>
    typeof value === 'string' && value.length <= 256 && /^[A-Za-z0-9]+[A-Za-z0-9-_]*$/.test(value),
  enable: (value) => typeof value === 'boolean',
  url: (value) => typeof value === 'string',
  request_timeout: isDuration,
  failed_action: (value) => value === 'deny' || value === 'ignore',
  auto_reconnect: (value) => value === false || isDuration(value),
  pool_size: (value) => Number.isInteger(value) && Number(value) > 0,
  ssl: isMap,
  socket_options: isMap,
}

/**
 * Checks a body as EMQX's schema does: a wrong value, a missing one or an unknown field refuses the whole. PEM texts in
 * it go to the store.
 */
export function readBody(
  body: unknown,
  store: CertificateStore,
): StoredProvider | { readonly refused: string } {
  if (!isMap(body)) return { refused: 'the body is no JSON object' }
  const given: Readonly<Record<string, unknown>> = { ...DEFAULTS, ...(body as object) }
  const unknown = Object.keys(given).find((field) => !Object.hasOwn(CHECKS, field))
  if (unknown !== undefined) return { refused: `unknown_fields: ${unknown}` }
  for (const [field, check] of Object.entries(CHECKS)) {
    if (!check(given[field])) return { refused: `bad value of ${field}: ${JSON.stringify(given[field])}` }
  }
  return { ...given, ssl: storedSsl(given.ssl as object, store) } as unknown as StoredProvider
}

/** The ms of `1m30s`. */
export function millisecondsOf(duration: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return [...duration.matchAll(/(\d+)(ms|s|m|h)/g)].reduce(
    (sum, [, digits, unit = '']) => sum + Number(digits) * (units[unit] ?? 0),
    0,
  )
}

/** EMQX writes PEM texts to files named after their MD5 and keeps the paths. */
function storedSsl(ssl: object, store: CertificateStore): Readonly<Record<string, unknown>> {
  const entries = Object.entries({ enable: true, verify: 'verify_none', ...ssl }).map(([field, value]) => {
    if (typeof value !== 'string' || !value.includes('-----BEGIN ')) return [field, value]
    const digest = createHash('md5').update(value).digest('hex').slice(0, 16)
    const path = `/opt/emqx/data/certs/exhook/${field.replace('file', '')}-${digest}`
    store.set(path, value)
    return [field, path]
  })
  return Object.fromEntries(Object.keys(ssl).length === 0 ? [] : entries)
}
