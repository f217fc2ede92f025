import { createHash } from 'node:crypto'
import { shownText } from '../text/shown.ts'
import { durationMs } from './duration.ts'
import { isObject, type ProviderBody } from './provider.ts'

/** A PEM file: EMQX wants what stands in it, and keeps it in a file of its own. */
export interface PemFile {
  /** As the user named it, for messages. */
  readonly path: string
  readonly text: string
}

/** How this program is to be registered. */
export interface WantedProvider {
  readonly name: string
  /** Where EMQX reaches us: `http://host:port`, or `https://…`. */
  readonly url: string
  /** As EMQX writes durations: `5s`. */
  readonly requestTimeout: string
  readonly autoReconnect: string
  readonly poolSize: number
  readonly ca: PemFile | null
  readonly cert: PemFile | null
  readonly key: PemFile | null
  /** The name that EMQX says and checks in the place of the url's host; null: what EMQX has stays. */
  readonly serverName: string | null
}

/** One field that is not as it should be. Neither text shows a secret. */
export interface FieldChange {
  readonly field: string
  readonly is: string
  readonly wanted: string
}

/**
 * The body to be put, and what it changes in `existing` (null: there is none yet). What we have no opinion about stays as it is:
 * socket options, TLS versions and all else.
 */
export function planBody(
  wanted: WantedProvider,
  existing: ProviderBody | null,
): { readonly body: ProviderBody; readonly changes: readonly FieldChange[] } {
  const before = existing ?? {}
  const oldSsl = isObject(before.ssl) ? before.ssl : {}
  const fields = fieldsOf(wanted)
  const ssl = sslOf(wanted)
  const changes = [
    ...fields.flatMap(({ name, value }) =>
      isSame(name, before[name], value)
        ? []
        : [{ field: name, is: shown(before[name]), wanted: String(value) }],
    ),
    ...ssl.flatMap((one) => sslChange(one, oldSsl)),
  ]
  return {
    body: {
      ...before,
      ...Object.fromEntries(fields.map(({ name, value }) => [name, value])),
      ssl: { ...oldSsl, ...Object.fromEntries(ssl.map(({ name, value }) => [name, value])) },
    },
    changes: existing === null ? changes.map((change) => ({ ...change, is: '' })) : changes,
  }
}

interface Field {
  readonly name: string
  readonly value: string | number | boolean
}

function fieldsOf(wanted: WantedProvider): readonly Field[] {
  return [
    { name: 'name', value: wanted.name },
    { name: 'enable', value: true },
    { name: 'url', value: wanted.url },
    { name: 'request_timeout', value: wanted.requestTimeout },
    // A forwarder that is away must not refuse logins; EMQX's own default is deny.
    { name: 'failed_action', value: 'ignore' },
    { name: 'auto_reconnect', value: wanted.autoReconnect },
    { name: 'pool_size', value: wanted.poolSize },
  ]
}

interface SslField extends Field {
  readonly pem?: PemFile
}

function sslOf({ url, ca, cert, key, serverName }: WantedProvider): readonly SslField[] {
  const secure = url.startsWith('https:')
  const file = (name: string, pem: PemFile | null): SslField[] =>
    pem === null ? [] : [{ name, value: pem.text, pem }]
  return [
    { name: 'enable', value: secure },
    // Without this EMQX takes any certificate.
    ...(secure ? [{ name: 'verify', value: 'verify_peer' }] : []),
    ...file('cacertfile', ca),
    ...file('certfile', cert),
    ...file('keyfile', key),
    ...(serverName === null ? [] : [{ name: 'server_name_indication', value: serverName }]),
  ]
}

function sslChange({ name, value, pem }: SslField, old: ProviderBody): readonly FieldChange[] {
  const is = old[name]
  if (pem === undefined) {
    // EMQX leaves the section out where it was never written.
    const same = is === value || (name === 'enable' && value === false && is === undefined)
    return same ? [] : [{ field: `ssl.${name}`, is: shown(is), wanted: String(value) }]
  }
  if (is === value || (typeof is === 'string' && isStoredAs(is, pem.text))) return []
  const shownOld = typeof is === 'string' && is.includes('-----BEGIN') ? '(a PEM text)' : shown(is)
  return [{ field: `ssl.${name}`, is: shownOld, wanted: `the contents of ${shownText(pem.path)}` }]
}

/** EMQX keeps a PEM text in a file whose name ends in the first half of its MD5, and answers with that path. */
function isStoredAs(path: string, pem: string): boolean {
  const digest = createHash('md5').update(pem).digest('hex').slice(0, 16)
  return path.toLowerCase().endsWith(`-${digest}`)
}

function isSame(name: string, is: unknown, wanted: string | number | boolean): boolean {
  if (name === 'request_timeout' || name === 'auto_reconnect') {
    return durationMs(is) !== undefined && durationMs(is) === durationMs(wanted)
  }
  return is === wanted
}

function shown(value: unknown): string {
  return value === undefined
    ? '(not set)'
    : shownText(typeof value === 'string' ? value : JSON.stringify(value))
}
