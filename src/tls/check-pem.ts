import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** The texts of PEM files, as far as they are there. */
export interface PemTexts {
  /** Authorities to trust. */
  readonly ca?: string
  /** Our certificate first, then those between it and its authority. */
  readonly cert?: string
  /** The private key of `cert`. */
  readonly key?: string
  /** Of the key, where it is encrypted. */
  readonly passphrase?: string
}

export interface PemFault {
  readonly about: 'ca' | 'cert' | 'key'
  /** What is wrong with the file and the fix; holds nothing of what is in it. */
  readonly message: string
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----/

/**
 * What is wrong with these texts: no PEM, damaged, an encrypted key without its passphrase, a key of another certificate. Whether a
 * certificate is trusted or has ended is for the other side to say.
 */
export function checkPem({ ca, cert, key, passphrase }: PemTexts): readonly PemFault[] {
  const faults: PemFault[] = []
  const note = (about: PemFault['about'], message: string | null) => {
    if (message !== null) faults.push({ about, message })
  }
  if (ca !== undefined) note('ca', certificateFault(ca))
  if (cert !== undefined) note('cert', certificateFault(cert))
  if (key === undefined) return faults
  const read = readKey(key, passphrase)
  if (typeof read === 'string') note('key', read)
  else if (cert !== undefined && faults.every(({ about }) => about !== 'cert') && !belongs(read, cert)) {
    note('key', 'the private key is not the one of the (first) certificate: put the two that belong together')
  }
  return faults
}

function certificateFault(text: string): string | null {
  const blocks = text.match(CERTIFICATE)
  if (blocks === null)
    return `holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)${otherForm(text)}`
  const damaged = blocks.findIndex((block) => !isCertificate(block))
  if (damaged < 0) return null
  return `certificate number ${damaged + 1} in the file is damaged: copy the file again`
}

function isCertificate(block: string): boolean {
  try {
    new X509Certificate(block)
    return true
  } catch {
    return false
  }
}

/** The key, or what is wrong with it. */
function readKey(text: string, passphrase: string | undefined): KeyObject | string {
  const begin = PRIVATE_KEY.exec(text)
  if (begin === null)
    return `holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)${otherForm(text)}`
  const encrypted = begin[1] === 'ENCRYPTED ' || /^Proc-Type: 4,ENCRYPTED/m.test(text)
  if (encrypted && passphrase === undefined) return 'the private key is encrypted: give its passphrase'
  try {
    return createPrivateKey({ key: text, ...(encrypted && { passphrase }) })
  } catch {
    return encrypted
      ? 'the private key cannot be decrypted: the passphrase is wrong, or the file is damaged'
      : 'the private key is damaged: copy the file again'
  }
}

function belongs(key: KeyObject, cert: string): boolean {
  return new X509Certificate(cert.match(CERTIFICATE)?.[0] ?? '').checkPrivateKey(key)
}

/** What the file seems to be instead. */
function otherForm(text: string): string {
  if (PRIVATE_KEY.test(text)) return '; it holds a private key'
  if (/-----BEGIN CERTIFICATE-----/.test(text)) return '; it holds a certificate'
  // DER and PKCS#12 begin with a sequence of some length, Java's keystores with 0xFEEDFEED; read as text, much is lost.
  return /^0[\u0080-\uffff]/.test(text) || text.includes('\u0000')
    ? '; it is binary: `openssl x509` and `openssl pkcs12` make PEM of DER and PKCS#12'
    : ''
}
