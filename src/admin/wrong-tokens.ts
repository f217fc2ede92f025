import { isIPv6 } from 'node:net'

/** How often each peer was wrong lately. */
export interface WrongTokens {
  /** No token of this peer is looked at for now. Gives the seconds that are left of it, 0: it may try. */
  waitSeconds(peer: string): number
  count(peer: string): void
}

export interface WrongTokensConfig {
  /** A peer that was wrong so often … */
  readonly max: number
  /** … within so many ms may not try before they are over. */
  readonly perMs: number
  /** The most peers that are remembered; the one that is longest there is forgotten. */
  readonly maxPeers: number
}

const DEFAULTS: WrongTokensConfig = { max: 10, perMs: 60_000, maxPeers: 1000 }

/** Nobody is locked out for longer than `perMs`, and nobody but the peer's own address. `now` in ms. */
export function createWrongTokens(
  { max, perMs, maxPeers }: WrongTokensConfig = DEFAULTS,
  now: () => number = () => performance.now(),
): WrongTokens {
  const peers = new Map<string, { readonly since: number; count: number }>()

  function recent(peer: string): { readonly since: number; count: number } | undefined {
    const entry = peers.get(peer)
    if (entry === undefined || now() - entry.since < perMs) return entry
    peers.delete(peer)
    return undefined
  }

  return {
    waitSeconds(address) {
      const entry = recent(networkOf(address))
      return entry === undefined || entry.count < max ? 0 : Math.ceil((entry.since + perMs - now()) / 1000)
    },
    count(address) {
      const peer = networkOf(address)
      const entry = recent(peer)
      if (entry !== undefined) entry.count++
      else {
        peers.set(peer, { since: now(), count: 1 })
        if (peers.size > maxPeers) peers.delete(peers.keys().next().value ?? '')
      }
    },
  }
}

/** One machine has a whole /64 of IPv6. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (v4 !== undefined) return v4
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
