import { createSecureContext, type SecureContext } from 'node:tls'
import type { Logger } from 'pino'
import { checkPem, type PemTexts } from '../tls/check-pem.ts'

/** Whom to trust and who we are, for connections to brokers. */
export interface TlsSource {
  /** For whom the brokers' certificates have to stand; null: for the host that is connected to. */
  readonly serverName: string | null
  /**
   * For a connection that is made now. The files are read again each time: they are few and small, connections are rare, and nothing
   * has to watch for a renewal. Files that are wrong, or half replaced, leave it as it was, with a warning. @throws TlsFilesError
   * when they were never in order.
   */
  context(): SecureContext
}

export interface TlsSourceConfig {
  readonly tlsCaFile: string | null
  readonly tlsCertFile: string | null
  readonly tlsKeyFile: string | null
  readonly tlsKeyPassphrase: string | null
  readonly tlsServerName: string | null
}

export interface TlsSourceDeps {
  /** Gives the text of a file, or throws. */
  readonly readFile: (path: string) => string
  readonly log: Logger
}

/** No connection can be begun with the files as they are. */
export class TlsFilesError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TlsFilesError'
  }
}

export function createTlsSource(config: TlsSourceConfig, deps: TlsSourceDeps): TlsSource {
  const paths = { ca: config.tlsCaFile, cert: config.tlsCertFile, key: config.tlsKeyFile } as const
  let used: { readonly texts: string; readonly context: SecureContext } | null = null
  let toldFault: string | null = null

  function read(): PemTexts {
    const texts = Object.entries(paths).flatMap(([about, path]) =>
      path === null ? [] : [[about, textOf(path, about)] as const],
    )
    const { tlsKeyPassphrase: passphrase } = config
    return { ...Object.fromEntries(texts), ...(passphrase !== null && { passphrase }) }
  }

  function textOf(path: string, about: string): string {
    try {
      return deps.readFile(path)
    } catch {
      throw new TlsFilesError(`kafka.tls_${about}_file: the file cannot be read`)
    }
  }

  function make(): SecureContext {
    const pem = read()
    const texts = JSON.stringify(pem)
    if (used?.texts === texts) return used.context
    const [fault] = checkPem(pem)
    if (fault !== undefined) throw new TlsFilesError(`kafka.tls_${fault.about}_file: ${fault.message}`)
    const context = createSecureContext({ ...pem })
    if (used !== null) deps.log.info('the TLS files for Kafka were renewed: connections use them from now on')
    used = { texts, context }
    return context
  }

  return {
    serverName: config.tlsServerName,
    context() {
      try {
        const context = make()
        toldFault = null
        return context
      } catch (error) {
        if (used === null) throw error
        const message = error instanceof Error ? error.message : String(error)
        if (toldFault !== message) {
          deps.log.warn(
            { error: message },
            'the TLS files for Kafka are not in order: the ones from before are used',
          )
        }
        toldFault = message
        return used.context
      }
    },
  }
}
