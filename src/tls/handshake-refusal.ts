import type { TLSSocket } from 'node:tls'
import { isAllowed, namesOf } from './certificate-names.ts'
import type { HandshakeRefusal } from './handshake-refusals.ts'

/** Why, and what the other side or OpenSSL says of it. */
export interface Refusal {
  readonly reason: HandshakeRefusal
  readonly detail?: string
}

const NOT_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
])
const VERSION =
  /^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|VERSION_TOO_HIGH|TLSV1_ALERT_PROTOCOL_VERSION|INAPPROPRIATE_FALLBACK)$/
/** The client's word about our certificate. Erlang says HANDSHAKE_FAILURE where the host name is another. */
const REFUSED_OURS =
  /_ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE)$/
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'])

/** What a handshake failed of, by the code of its error. */
export function handshakeRefusal(error: NodeJS.ErrnoException): Refusal {
  const code = error.code ?? error.message
  if (NOT_TLS.has(code)) return { reason: 'plain_text' }
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { reason: 'timeout' }
  if (GONE.has(code)) return { reason: 'closed' }
  if (code === 'ERR_SSL_NO_APPLICATION_PROTOCOL') return { reason: 'no_http2' }
  if (VERSION.test(code)) return { reason: 'tls_version' }
  if (REFUSED_OURS.test(code)) return { reason: 'our_certificate_refused', detail: code }
  return { reason: 'handshake', detail: code }
}

const TIMES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const UNKNOWN = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
])

/**
 * Why a client is not let in after its handshake; null: it may come in, which is so only when OpenSSL has found its certificate
 * good. `names`: those of which it has to have one; null: any will do.
 */
export function clientRefusal(
  socket: Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerX509Certificate'>,
  names: readonly string[] | null,
): Refusal | null {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return { reason: 'no_certificate' }
  if (!socket.authorized) {
    // An Error by its type, its code by what Node.js does.
    const code = String(socket.authorizationError)
    const reason = TIMES.has(code)
      ? 'certificate_time'
      : UNKNOWN.has(code)
        ? 'unknown_authority'
        : 'certificate_refused'
    return { reason, detail: `${code}: ${certificate.subject}` }
  }
  if (names === null) return null
  const own = namesOf(certificate)
  if (isAllowed(own, names)) return null
  const shown = [...own.dns, ...own.uri].join(', ')
  return { reason: 'name_not_allowed', detail: shown === '' ? 'it has no DNS name and no URI' : shown }
}
