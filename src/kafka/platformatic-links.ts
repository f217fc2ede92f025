import type { BrokerAddress, BrokerLink } from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'

/** How long after a failed attempt to renew a connection the next one is made. */
const RENEWAL_PAUSE_MS = 1_000

/**
 * Open connections to brokers, one each, made when they are needed. One whose session ends (KIP-368) is replaced before it does;
 * a batch's numbers are the producer's, not the connection's, so it does not matter over which of the two it goes.
 */
export interface PlatformaticLinks {
  /** Open, or opened now. Rejects with the library's error. */
  to(address: BrokerAddress): Promise<BrokerLink>
  /** Of these the first that can be had; one that is open already is preferred. Rejects with the last error. */
  toAnyOf(addresses: readonly BrokerAddress[]): Promise<BrokerLink>
  /** Closes them all; `to` rejects from then on. */
  stop(): void
}

/** `config` names the timeouts and the login of all of them. */
export function createPlatformaticLinks(config: KafkaClientConfig): PlatformaticLinks {
  const making = new Map<string, Promise<BrokerLink>>()
  const open = new Map<string, BrokerLink>()
  const retired = new Set<BrokerLink>()
  const failedAtMs = new Map<string, number>()
  let stopped = false
  // Loaded only where this driver is chosen, and then at once, before there is anybody to wait: the library takes a
  // quarter of a second and some 60 MB.
  const library = import('./platformatic-link.ts')
  library.catch(() => {})

  async function make(address: BrokerAddress, name: string): Promise<BrokerLink> {
    try {
      const { openPlatformaticLink } = await library
      const link = await openPlatformaticLink(address, config)
      if (stopped) {
        link.close()
        throw new Error('the Kafka driver is stopped')
      }
      retire(name)
      open.set(name, link)
      return link
    } catch (error) {
      failedAtMs.set(name, performance.now())
      throw error
    } finally {
      making.delete(name)
    }
  }

  /** All who want the same broker share one attempt. */
  function made(address: BrokerAddress, name: string): Promise<BrokerLink> {
    const shared = making.get(name) ?? make(address, name)
    making.set(name, shared)
    return shared
  }

  function retire(name: string): void {
    const old = open.get(name)
    if (old === undefined) return
    open.delete(name)
    for (const link of retired) if (link.closed) retired.delete(link)
    if (old.closed) old.close()
    else {
      retired.add(old)
      old.retire()
    }
  }

  async function to(address: BrokerAddress): Promise<BrokerLink> {
    if (stopped) throw new Error('the Kafka driver is stopped')
    const name = nameOf(address)
    const known = open.get(name)
    if (known === undefined || known.closed) return made(address, name)
    const now = performance.now()
    if (known.session === null || now < known.session.renewAtMs) return known
    if (now >= known.session.endsAtMs) return made(address, name)
    // Its session ends soon: it serves until there is another, and where there is none, until its end.
    const failedMs = now - (failedAtMs.get(name) ?? Number.NEGATIVE_INFINITY)
    if (failedMs > RENEWAL_PAUSE_MS) made(address, name).catch(() => {})
    return known
  }

  return {
    to,
    async toAnyOf(addresses) {
      const alive = addresses.find((address) => open.get(nameOf(address))?.closed === false)
      if (alive !== undefined) return to(alive)
      let last: unknown = new Error('no broker is known')
      for (const address of addresses) {
        try {
          return await to(address)
        } catch (error) {
          last = error
        }
      }
      throw last
    },
    stop() {
      stopped = true
      for (const link of [...open.values(), ...retired]) link.close()
      open.clear()
      retired.clear()
    },
  }
}

const nameOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`
