/** Why a connection did not come to HTTP/2. What each means is in the README. */
export const HANDSHAKE_REFUSALS = [
  'plain_text',
  'tls_on_plain_port',
  'timeout',
  'closed',
  'tls_version',
  'no_http2',
  'our_certificate_refused',
  'no_certificate',
  'unknown_authority',
  'certificate_time',
  'certificate_refused',
  'name_not_allowed',
  'handshake',
] as const
export type HandshakeRefusal = (typeof HANDSHAKE_REFUSALS)[number]

/** For the log; who only opens a connection and closes it, as health checks of load balancers do, is counted and not logged. */
export const HANDSHAKE_WORDS: Readonly<Record<Exclude<HandshakeRefusal, 'closed'>, string>> = {
  plain_text:
    'a connection without TLS was refused, this port talks TLS: if it is EMQX, its url begins with http:// and must begin with https://',
  tls_on_plain_port:
    'a TLS connection was refused, this port speaks plain text: if it is EMQX, its url begins with https:// and must begin with http://, or set grpc.tls: on',
  timeout: 'a connection was cut: its TLS handshake took longer than grpc.handshake_timeout_ms',
  tls_version: 'a connection was refused: its client speaks no version of TLS from grpc.tls_min_version on',
  no_http2: 'a connection was refused: its client does not ask for HTTP/2 (ALPN h2), as gRPC over TLS does',
  our_certificate_refused:
    "a client refuses our certificate: if it is EMQX, ssl.cacertfile there must name the authority that signed it, and the host of EMQX's url (or ssl.server_name_indication) must stand in its subjectAltName",
  no_certificate:
    'a client without a certificate was refused: if it is EMQX, set ssl.certfile and ssl.keyfile there',
  unknown_authority:
    'a client was refused: no authority in grpc.tls_client_ca_file has signed its certificate',
  certificate_time: 'a client was refused: its certificate has expired, or is not good yet',
  certificate_refused: 'a client was refused: its certificate is not good for a client',
  name_not_allowed:
    'a client was refused: no name in the subjectAltName of its certificate is among grpc.tls_client_names',
  handshake: 'a TLS handshake failed',
}
