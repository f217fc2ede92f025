import 'reflect-metadata' // what @peculiar/x509 builds on; before it
import { KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate with its private key, as PEM texts. */
export interface Identity {
  readonly cert: string
  readonly key: string
  /** Encrypted with `passphrase`. */
  lockedKey(passphrase: string): string
}

export interface IdentityOptions {
  /** Names and addresses for which a server may stand. Default: `127.0.0.1` and `localhost`. */
  readonly names?: readonly string[]
  /** When it ends, in ms from now; negative: it has ended. Default: a day. */
  readonly endsInMs?: number
}

/** Signs certificates. */
export interface Authority {
  /** Its own, as PEM text: what others trust. */
  readonly cert: string
  /** `commonName` is whom Kafka takes a client for. */
  issue(commonName: string, options?: IdentityOptions): Promise<Identity>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

export async function createAuthority(name = 'test authority'): Promise<Authority> {
  const keys = await newKeys()
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 30 * DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    cert: own.toString('pem'),
    async issue(commonName, { names = ['127.0.0.1', 'localhost'], endsInMs = DAY_MS } = {}) {
      const { publicKey, privateKey } = await newKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: own.subject,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        notBefore: new Date(Date.now() - 10 * DAY_MS),
        notAfter: new Date(Date.now() + endsInMs),
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
          ),
        ],
      })
      const key = KeyObject.from(privateKey)
      const asPem = (more = {}) => String(key.export({ type: 'pkcs8', format: 'pem', ...more }))
      return {
        cert: certificate.toString('pem'),
        key: asPem(),
        lockedKey: (passphrase) => asPem({ cipher: 'aes-256-cbc', passphrase }),
      }
    },
  }
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
