import { isIP, isIPv4 } from 'node:net'

const NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i
const MAX_NAME_LENGTH = 253

/** Whether the text is an IP address or a host name, without port, scheme or brackets. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true
  // `300.1.1.1` is an address gone wrong, not a name.
  const looksLikeAnAddress = /^[\d.]+$/.test(text)
  return !looksLikeAnAddress && text.length <= MAX_NAME_LENGTH && NAME.test(text)
}

/** Whether only this machine can reach a server that listens on this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** Whether the text is `host:port`; an IPv6 address stands in brackets. */
export function isHostAndPort(text: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) return false
  return bracketed === undefined ? isHost(plain ?? '') : isIP(bracketed) === 6
}
