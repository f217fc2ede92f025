import type { FailureKind, KafkaFailure } from './kafka-driver.ts'

/** What an error of Node, of a client library or of ours has that tells what it is. */
export interface ErrorLike {
  readonly name?: string | undefined
  readonly message?: string | undefined
  readonly code?: unknown
  /** Of a TokenError. */
  readonly reason?: unknown
}

/**
 * What keeps us from a broker that is there: TLS, certificates, tokens. In words for who runs this, with the option to look at. The
 * codes are ours, so none is in capitals: those are Kafka's.
 */
const NOT_TRUSTED = failure(
  'TlsCertificateNotTrusted',
  "the broker's certificate is not signed by an authority that we trust: look at kafka.tls_ca_file",
)
const EXPIRED = failure(
  'TlsCertificateExpired',
  "the broker's certificate has expired: renew it at the broker, or look at the clock of this machine",
)
const NOT_YET = failure(
  'TlsCertificateExpired',
  "the broker's certificate is not valid yet: look at the clocks of the broker and of this machine",
)
const OTHER_HOST = failure(
  'TlsWrongHostName',
  "the broker's certificate stands for another host: look at kafka.brokers and at the brokers' advertised.listeners, or set kafka.tls_server_name",
)
const NO_TLS = failure(
  'TlsNotSpoken',
  'the broker does not speak TLS on this port: look at kafka.tls and kafka.brokers',
)
const HANDSHAKE_CUT = failure(
  'TlsHandshakeCut',
  'the broker hung up before TLS was there: if this lasts, it does not speak TLS on this port: look at kafka.tls and kafka.brokers',
  'connection', // a broker that is starting does so, too
)
const TLS_NEEDED = failure(
  'TlsNeeded',
  'the broker speaks TLS on this port, and we do not: set `kafka.tls: true`, or look at kafka.brokers',
)
const CLIENT_CERTIFICATE_MISSING = failure(
  'TlsClientCertificateMissing',
  'the broker wants a client certificate and got none that it can read: set kafka.tls_cert_file and kafka.tls_key_file',
)
const CLIENT_CERTIFICATE_REFUSED = failure(
  'TlsClientCertificateRefused',
  'the broker refuses our client certificate: look at kafka.tls_cert_file: whether it has expired, and whether the broker trusts the authority that signed it',
)

/** By what stands in Node's codes: OpenSSL's names of what is wrong with a certificate, and of the alerts that the broker sends. */
const BY_CODE: readonly (readonly [RegExp, KafkaFailure])[] = [
  [/^CERT_HAS_EXPIRED$/, EXPIRED],
  [/^CERT_NOT_YET_VALID$/, NOT_YET],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/, OTHER_HOST],
  [
    /^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_(VERIFY|GET_ISSUER)|^CERT_(SIGNATURE|UNTRUSTED|REJECTED|CHAIN)|^INVALID_CA$/,
    NOT_TRUSTED,
  ],
  // Java's brokers say the first, as TLS 1.2 has it, also in TLS 1.3.
  [/_ALERT_(BAD_CERTIFICATE|CERTIFICATE_REQUIRED)$/, CLIENT_CERTIFICATE_MISSING],
  [
    /_ALERT_(CERTIFICATE_|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/,
    CLIENT_CERTIFICATE_REFUSED,
  ],
  [/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)/, NO_TLS],
  [/^EXHOOK_TLS_NEEDED$/, TLS_NEEDED],
]

/** What can only be told by the text: Node's code for it is ECONNRESET. */
const BY_MESSAGE: readonly (readonly [RegExp, KafkaFailure])[] = [
  [/before secure TLS connection was established/, HANDSHAKE_CUT],
]

/** What these errors, of which one caused the other, say of TLS or of a token; null: nothing. */
export function securityFailure(errors: readonly ErrorLike[]): KafkaFailure | null {
  for (const { name, code, message = '', reason } of errors) {
    if (name === 'TokenError') {
      return { kind: reason === 'away' ? 'connection' : 'cluster', code: 'TokenError', message }
    }
    if (name === 'TlsFilesError') return { kind: 'cluster', code: name, message }
    const found =
      BY_CODE.find(([pattern]) => typeof code === 'string' && pattern.test(code)) ??
      BY_MESSAGE.find(([pattern]) => pattern.test(message))
    if (found !== undefined) return found[1]
  }
  return null
}

/** What a broker that hangs up without a word may mean by it, besides that it ends. */
export const HUNG_UP =
  'the broker closed the connection without a word: if this lasts, see whether its listener wants TLS (kafka.tls) or a login (kafka.sasl.mechanism)'

/** For a connection in plain text that is answered in TLS. */
export const tlsNeeded = (): Error =>
  Object.assign(new Error('the broker speaks TLS'), { code: 'EXHOOK_TLS_NEEDED' })

/** Whether these are the first bytes of a TLS record (RFC 8446, section 5.1); no answer of Kafka is as long as they would say. */
export const looksLikeTls = (bytes: Buffer): boolean =>
  bytes.length >= 3 &&
  (bytes[0] ?? 0) >= 0x14 &&
  (bytes[0] ?? 0) <= 0x17 &&
  bytes[1] === 3 &&
  (bytes[2] ?? 9) <= 4

function failure(code: string, message: string, kind: FailureKind = 'cluster'): KafkaFailure {
  return { kind, code, message }
}
