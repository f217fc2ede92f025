import type { BrokerAddress, BrokerLink } from './broker-link.ts'
import type { KafkaClientConfig } from './client-config.ts'

/** Open connections to brokers, one each, made when they are needed. */
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
  const links = new Map<string, Promise<BrokerLink>>()
  const open = new Map<string, BrokerLink>()
  let stopped = false
  // Loaded only where this driver is chosen, and then at once, before there is anybody to wait: the library takes a
  // quarter of a second and some 60 MB.
  const library = import('./platformatic-link.ts')
  library.catch(() => {})

  async function make(address: BrokerAddress, name: string): Promise<BrokerLink> {
    const { openPlatformaticLink } = await library
    const link = await openPlatformaticLink(address, config)
    if (stopped) {
      link.close()
      throw new Error('the Kafka driver is stopped')
    }
    open.set(name, link)
    return link
  }

  async function to(address: BrokerAddress): Promise<BrokerLink> {
    if (stopped) throw new Error('the Kafka driver is stopped')
    const name = nameOf(address)
    const known = open.get(name)
    if (known !== undefined && !known.closed) return known
    if (known !== undefined) {
      known.close()
      open.delete(name)
      links.delete(name)
    }
    const making = links.get(name) ?? make(address, name)
    links.set(name, making)
    making.catch(() => {
      if (links.get(name) === making) links.delete(name)
    })
    return making
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
      for (const link of open.values()) link.close()
      open.clear()
      links.clear()
    },
  }
}

const nameOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`
