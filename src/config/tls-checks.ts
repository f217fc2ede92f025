import type { Config, GrpcConfig } from './config.ts'
import { isLoopback } from './hosts.ts'

/** As `CrossCheck`. */
interface TlsCheck {
  readonly paths: readonly string[]
  readonly find: (config: Config) => string | undefined
}

/** What goes together on the hook port; what the certificate files hold is for `src/tls/` to say. */
export const TLS_CHECKS: readonly TlsCheck[] = [
  {
    paths: ['grpc.host', 'grpc.tls'],
    find: ({ grpc }) =>
      isLoopback(grpc.host) || (grpc.tls ?? null) !== null
        ? undefined
        : `${grpc.host} can be reached from other machines, and hook calls come in plain text: let only EMQX ` +
          'reach it and say so by `grpc.tls: off` (EXHOOK_GRPC_TLS=off, --grpc-tls off), talk TLS by ' +
          '`grpc.tls: on` with a certificate, or keep to 127.0.0.1',
  },
  {
    paths: ['grpc.tls', 'grpc.tls_cert_file', 'grpc.tls_key_file'],
    find({ grpc }) {
      const missing = [
        ...(grpc.tlsCertFile === null ? ['grpc.tls_cert_file'] : []),
        ...(grpc.tlsKeyFile === null ? ['grpc.tls_key_file'] : []),
      ]
      return grpc.tls === 'on' && missing.length > 0
        ? `TLS needs a certificate and its key: set ${missing.join(' and ')} (PEM)`
        : undefined
    },
  },
  useless('grpc.tls_cert_file', ({ tlsCertFile }) => tlsCertFile),
  useless('grpc.tls_key_file', ({ tlsKeyFile }) => tlsKeyFile),
  useless('grpc.tls_client_ca_file', ({ tlsClientCaFile }) => tlsClientCaFile),
  useless('grpc.tls_client_names', ({ tlsClientNames }) => tlsClientNames),
  {
    paths: ['grpc.tls_client_names', 'grpc.tls_client_ca_file'],
    find: ({ grpc }) =>
      grpc.tls === 'on' && grpc.tlsClientNames !== null && grpc.tlsClientCaFile === null
        ? 'grpc.tls_client_names needs grpc.tls_client_ca_file: a name that nobody vouches for says nothing'
        : undefined,
  },
]

/** An option that is set, and has no effect without TLS. */
function useless(path: string, settingOf: (grpc: GrpcConfig) => unknown): TlsCheck {
  return {
    paths: [path, 'grpc.tls'],
    find: ({ grpc }) =>
      grpc.tls !== 'on' && settingOf(grpc) !== null
        ? `${path} is of no use without \`grpc.tls: on\`; set it, or remove ${path}`
        : undefined,
  }
}
