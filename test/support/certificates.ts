// @peculiar/x509 builds on tsyringe, which wants it loaded first.
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** What a certificate is to say. */
export interface CertificateSubject {
  /** Names of it (subjectAltName). Without any the certificate has no such extension. */
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  readonly uri?: readonly string[]
  /** Default: both. */
  readonly usage?: 'server' | 'client'
  /** Default: an hour ago. */
  readonly notBefore?: Date
  /** Default: in a day. */
  readonly notAfter?: Date
}

/** A certificate and its key, as PEM texts and as files. */
export interface Issued {
  /** The certificate, and behind it those of the authorities below the root. */
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
  /** In hexadecimal, capital letters, as Node.js and OpenSSL show it. */
  readonly serial: string
}

/** Signs certificates. Its own stands in `caFile`. */
export interface Authority {
  readonly ca: string
  readonly caFile: string
  /** Signs a certificate and writes it to `<name>.crt` and `<name>.key` in the folder of the authority; an older one there is replaced. */
  issue(name: string, subject?: CertificateSubject): Promise<Issued>
  /** An authority whose certificate this one signs. `ca` and `caFile` are still those of the root. */
  intermediate(name: string): Promise<Authority>
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const HOUR_MS = 3_600_000

/** A new authority of this name; its certificate is written to `<name>.crt` in the folder, which is made when it is missing. */
export async function createAuthority(folder: string, name: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true })
  const keys = await newKeys()
  const subject = `CN=${name}`
  const certificate = await sign({ subject, publicKey: keys.publicKey, ca: true }, { name: subject, keys })
  const caFile = join(folder, `${name}.crt`)
  writeFileSync(caFile, pemOf(certificate))
  return authority({
    folder,
    root: { pem: pemOf(certificate), file: caFile },
    chain: [],
    name: subject,
    keys,
  })
}

/** The same key, readable only with this passphrase. */
export const encryptedKey = (key: string, passphrase: string): string =>
  createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string

interface Signer {
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
}

interface AuthorityState extends Signer {
  readonly folder: string
  readonly root: { readonly pem: string; readonly file: string }
  /** Certificates from this authority up to the root, without it. */
  readonly chain: readonly string[]
}

function authority(state: AuthorityState): Authority {
  const { folder, root, chain } = state
  return {
    ca: root.pem,
    caFile: root.file,
    async issue(name, wanted = {}) {
      const keys = await newKeys()
      const certificate = await sign({ subject: `CN=${name}`, publicKey: keys.publicKey, wanted }, state)
      const cert = [pemOf(certificate), ...chain].join('')
      const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
      const key = `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`
      const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
      writeFileSync(certFile, cert)
      writeFileSync(keyFile, key)
      return { cert, key, certFile, keyFile, serial: certificate.serialNumber.toUpperCase() }
    },
    async intermediate(name) {
      const keys = await newKeys()
      const subject = `CN=${name}`
      const certificate = await sign({ subject, publicKey: keys.publicKey, ca: true }, state)
      return authority({ folder, root, chain: [pemOf(certificate), ...chain], name: subject, keys })
    },
  }
}

interface ToSign {
  readonly subject: string
  readonly publicKey: webcrypto.CryptoKey
  readonly ca?: true
  readonly wanted?: CertificateSubject
}

function sign({ subject, publicKey, ca, wanted = {} }: ToSign, by: Signer): Promise<x509.X509Certificate> {
  const { notBefore = new Date(Date.now() - HOUR_MS), notAfter = new Date(Date.now() + 24 * HOUR_MS) } =
    wanted
  return x509.X509CertificateGenerator.create(
    {
      // Positive, and without zeros in front, so that it reads the same everywhere.
      serialNumber: `5${randomBytes(12).toString('hex').slice(1)}`,
      subject,
      issuer: by.name,
      notBefore,
      notAfter,
      signingAlgorithm: SIGNING,
      publicKey,
      signingKey: by.keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(ca === true, undefined, true),
        new x509.KeyUsagesExtension(
          ca
            ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
            : x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        ...(ca ? [] : [new x509.ExtendedKeyUsageExtension(usagesOf(wanted))]),
        ...alternativeNames(wanted),
      ],
    },
    webcrypto as typeof globalThis.crypto,
  )
}

const usagesOf = ({ usage }: CertificateSubject): x509.ExtendedKeyUsage[] => [
  ...(usage === 'client' ? [] : [x509.ExtendedKeyUsage.serverAuth]),
  ...(usage === 'server' ? [] : [x509.ExtendedKeyUsage.clientAuth]),
]

function alternativeNames({ dns = [], ip = [], uri = [] }: CertificateSubject): x509.Extension[] {
  const names = [
    ...dns.map((value) => ({ type: 'dns', value }) as const),
    ...ip.map((value) => ({ type: 'ip', value }) as const),
    ...uri.map((value) => ({ type: 'url', value }) as const),
  ]
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>

const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`
