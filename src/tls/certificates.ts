import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { GrpcConfig } from '../config/config.ts'
import { ConfigError, type Mistake } from '../config/config-error.ts'
import { tryRead } from '../config/values.ts'
import { digestOf } from '../reload/load-fitted-rules.ts'

/** Where the certificates are. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  /** null: clients need no certificate. */
  readonly clientCaFile: string | null
}

/** The files that the configuration names; null: the hook port speaks plain text, or the configuration has a mistake. */
export function certificateFilesOf(
  grpc: Pick<GrpcConfig, 'tls' | 'tlsCertFile' | 'tlsKeyFile' | 'tlsClientCaFile'>,
): CertificateFiles | null {
  const { tls, tlsCertFile: certFile, tlsKeyFile: keyFile, tlsClientCaFile: clientCaFile } = grpc
  return tls !== 'on' || certFile === null || keyFile === null ? null : { certFile, keyFile, clientCaFile }
}

/** What is shown to clients, and what their certificates are held against. Read at one time, and whole. */
export interface Certificates {
  /** PEM texts. The key is never to be logged. */
  readonly cert: string
  readonly key: string
  readonly clientCa: string | null
  /** Of our own certificate, in hexadecimal. */
  readonly serial: string
  /** Our own certificate is good from here to there, in ms since 1970. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Tells one version of the files from another. */
  readonly digest: string
}

/** Gives the text of a file, or throws as `readFileSync` does. */
export type ReadText = (path: string) => string

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/**
 * Reads the files and holds them against each other. Throws a ConfigError with every mistake: a file that cannot be read or
 * holds none of what it should, a key with a passphrase, one that does not belong to the certificate. A certificate that
 * is not good at this time is no mistake: see `certificateWarnings`.
 */
export function readCertificates(files: CertificateFiles, readText: ReadText): Certificates {
  const mistakes: Mistake[] = []
  const text = (file: string) => textOf(file, readText, mistakes)
  const [cert, keyText] = [text(files.certFile), text(files.keyFile)]
  const clientCa = files.clientCaFile === null ? null : text(files.clientCaFile)

  const [own] = certificatesIn(files.certFile, cert, mistakes)
  if (files.clientCaFile !== null) certificatesIn(files.clientCaFile, clientCa ?? null, mistakes)
  const key = keyIn(files.keyFile, keyText, mistakes)
  if (own !== undefined && key !== null && !own.checkPrivateKey(key)) {
    mistakes.push({
      file: files.keyFile,
      message: `the key does not belong to the certificate in ${files.certFile}, of which the first one counts`,
    })
  }
  if (mistakes.length > 0 || cert === null || keyText === null || own === undefined)
    throw new ConfigError(mistakes)
  refuseWhatOpenSslDoes(files, { cert, key: keyText, ca: clientCa ?? undefined })
  return {
    cert,
    key: keyText,
    clientCa,
    serial: own.serialNumber,
    notBeforeMs: own.validFromDate.getTime(),
    notAfterMs: own.validToDate.getTime(),
    digest: digestOf(Buffer.from(JSON.stringify([cert, keyText, clientCa]))),
  }
}

/** What is allowed and hardly meant, at this time (ms since 1970). Clients that check certificates do not come in then. */
export function certificateWarnings(
  { notBeforeMs, notAfterMs }: Certificates,
  nowMs: number,
): readonly string[] {
  if (nowMs > notAfterMs) return [`our certificate has expired: ${new Date(notAfterMs).toISOString()}`]
  if (nowMs < notBeforeMs)
    return [`our certificate is not good before ${new Date(notBeforeMs).toISOString()}`]
  return []
}

function textOf(file: string, readText: ReadText, mistakes: Mistake[]): string | null {
  const { text, failure } = tryRead(readText, file)
  if (text !== undefined) return text
  mistakes.push({ file, message: failure ?? 'the file cannot be read' })
  return null
}

function certificatesIn(file: string, text: string | null, mistakes: Mistake[]): readonly X509Certificate[] {
  if (text === null) return []
  const blocks = text.match(CERTIFICATE) ?? []
  if (blocks.length === 0) {
    mistakes.push({
      file,
      message: 'there is no certificate in it: no whole block of -----BEGIN CERTIFICATE-----',
    })
  }
  return blocks.flatMap((block, i) => {
    try {
      return [new X509Certificate(block)]
    } catch {
      mistakes.push({ file, message: `certificate ${i + 1} in it cannot be read` })
      return []
    }
  })
}

function keyIn(file: string, text: string | null, mistakes: Mistake[]): KeyObject | null {
  if (text === null) return null
  const complain = (message: string): null => {
    mistakes.push({ file, message })
    return null
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    return complain(
      'the key has a passphrase: write it without (`openssl pkey -in … -out …`), in a file that nobody else may read',
    )
  }
  if (!/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(text)) {
    return complain('there is no private key in it: no -----BEGIN PRIVATE KEY-----')
  }
  try {
    return createPrivateKey(text)
  } catch {
    return complain('the private key in it cannot be read')
  }
}

/** Keys that are too short, and what else only OpenSSL knows. */
function refuseWhatOpenSslDoes(
  { certFile }: CertificateFiles,
  context: Parameters<typeof createSecureContext>[0],
): void {
  try {
    createSecureContext(context)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ConfigError([
      { file: certFile, message: `OpenSSL does not take these certificates: ${code ?? message}` },
    ])
  }
}
