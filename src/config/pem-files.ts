import { checkPem, type PemTexts } from '../tls/check-pem.ts'
import type { Config } from './config.ts'
import type { Mistake } from './config-error.ts'
import { mistakeAt } from './setting.ts'
import { type ReadFile, tryRead, type Values } from './values.ts'

/** Files that are used together, and the options that name them. */
interface PemFiles {
  readonly paths: { readonly ca: string; readonly cert?: string; readonly key?: string }
  readonly passphrase?: (config: Config) => string | null
}

const PEM_FILES: readonly PemFiles[] = [
  {
    paths: { ca: 'kafka.tls_ca_file', cert: 'kafka.tls_cert_file', key: 'kafka.tls_key_file' },
    passphrase: ({ kafka }) => kafka.tlsKeyPassphrase,
  },
  { paths: { ca: 'kafka.sasl.oauth.ca_file' } },
]

/** What is wrong in the PEM files, each at the option that names the file. Nothing is said of one that cannot be read: that is told already. */
export function checkPemFiles(config: Config, { values }: Values, readFile: ReadFile): readonly Mistake[] {
  return PEM_FILES.flatMap(({ paths, passphrase }) => {
    const texts: { -readonly [K in keyof PemTexts]: PemTexts[K] } = {}
    for (const [about, path] of Object.entries(paths) as ['ca' | 'cert' | 'key', string][]) {
      const named = values.get(path)
      const text = named && tryRead(readFile, String(named.value)).text
      if (text !== undefined) texts[about] = text
    }
    const secret = passphrase?.(config)
    if (typeof secret === 'string') texts.passphrase = secret
    return checkPem(texts).flatMap(({ about, message }) => {
      const path = paths[about]
      const place = path === undefined ? undefined : values.get(path)?.place
      return place === undefined ? [] : [mistakeAt(place, path, hintOf(message, path))]
    })
  })
}

/** Where the passphrase belongs. */
const hintOf = (message: string, path: string | undefined): string =>
  /encrypted: give/.test(message)
    ? `${message} by ${path?.replace(/_file$/, '_passphrase')} (a file by …_passphrase_file)`
    : message
