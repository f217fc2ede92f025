import { type ChannelCredentials, credentials } from '@grpc/grpc-js'

/** How the stand-in talks TLS to a provider: EMQX's section `ssl`, with PEM texts. */
export interface ProviderTls {
  /** Whether the provider's certificate is checked, its host name too: EMQX's `verify_peer`. */
  readonly verify: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Said and checked in the place of the host of the url. */
  readonly serverName?: string
}

/** PEM texts by the paths under which EMQX keeps them. */
export type CertificateStore = Map<string, string>

/** What EMQX makes of its section `ssl`. */
export function tlsOf(ssl: Readonly<Record<string, unknown>>, store: CertificateStore): ProviderTls {
  const pem = (field: string, name: 'ca' | 'cert' | 'key') => {
    const text = store.get(String(ssl[field]))
    return text === undefined ? {} : { [name]: text }
  }
  const { server_name_indication: serverName } = ssl
  return {
    verify: ssl.verify === 'verify_peer',
    ...pem('cacertfile', 'ca'),
    ...pem('certfile', 'cert'),
    ...pem('keyfile', 'key'),
    ...(typeof serverName === 'string' && { serverName }),
  }
}

/** For a channel to this url. `https://` without anything said checks the certificate, against the system's authorities. */
export function channelCredentials(url: URL, tls: ProviderTls = { verify: true }): ChannelCredentials {
  if (url.protocol === 'http:') return credentials.createInsecure()
  const bytes = (text?: string) => (text === undefined ? null : Buffer.from(text))
  return credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert), {
    rejectUnauthorized: tls.verify,
  })
}

/** grpc-js's names for another server name. */
export const channelOptions = (tls?: ProviderTls) =>
  tls?.serverName === undefined
    ? {}
    : { 'grpc.ssl_target_name_override': tls.serverName, 'grpc.default_authority': tls.serverName }
