import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a page of another site had a browser send this request. Programs send none of these headers. `Origin` has to be that of the
 * request's own Host; what `Sec-Fetch-Site` calls `same-site` is another port of this machine, or a neighbour's subdomain.
 */
export function isCrossSite({ host, origin, ...headers }: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && hostOf(origin) !== host?.toLowerCase()
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i

/**
 * Whether the Host header names this machine by an address that no name server can give to somebody else's name: against DNS
 * rebinding, where a page of `evil.example` reaches 127.0.0.1 as its own host. `port` is the one that was connected to.
 */
export function isLoopbackHost(host: string | undefined, port: number | undefined): boolean {
  const [whole, given = '80'] = LOOPBACK_HOST.exec(host ?? '') ?? []
  return whole !== undefined && Number(given) === port
}
