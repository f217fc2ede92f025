import type { Client } from 'aedes'
import type { Connection } from './connection.ts'
import { filterMatches } from './topic-filter.ts'

/** Who is connected, and which sessions outlive their connection. */
export interface ConnectionTable {
  add(client: Client, connection: Connection): void
  /** Undefined for one that aedes never asked us about. */
  of(client: Client): Connection | undefined
  /** Every connection that has not been let go. */
  all(): Iterable<Connection>
  /**
   * The connection takes its client id over: it gets the stored session's subscriptions when it is to resume one, and
   * what there was of an older session is gone when it is clean. Says what there was.
   */
  takeOver(connection: Connection): { readonly live: Connection | undefined; readonly stored: boolean }
  /** The connection has ended; a session that is not clean stays. */
  release(connection: Connection): void
  /** Whether anybody would get a message of this topic, sooner or later. */
  hasSubscriber(topic: string): boolean
}

export function createConnectionTable(): ConnectionTable {
  const byClient = new WeakMap<Client, Connection>()
  const connected = new Map<string, Connection>()
  const stored = new Map<string, Map<string, number>>()

  return {
    add: (client, connection) => void byClient.set(client, connection),
    of: (client) => byClient.get(client),
    all: () => connected.values(),

    takeOver(connection) {
      const { clientid } = connection
      const before = { live: connected.get(clientid), stored: stored.has(clientid) }
      if (connection.clean) stored.delete(clientid)
      else {
        connection.subscriptions = stored.get(clientid) ?? new Map()
        stored.set(clientid, connection.subscriptions)
      }
      connected.set(clientid, connection)
      return before
    },

    release(connection) {
      if (connected.get(connection.clientid) === connection) connected.delete(connection.clientid)
    },

    hasSubscriber(topic) {
      for (const { subscriptions } of connected.values()) {
        if (grantedQos(subscriptions, topic) !== undefined) return true
      }
      for (const subscriptions of stored.values()) {
        if (grantedQos(subscriptions, topic) !== undefined) return true
      }
      return false
    },
  }
}

/** The highest quality of service granted for a topic; undefined when no filter matches it. */
export function grantedQos(subscriptions: ReadonlyMap<string, number>, topic: string): number | undefined {
  let granted: number | undefined
  for (const [filter, qos] of subscriptions) {
    if (filterMatches(filter, topic)) granted = Math.max(granted ?? 0, qos)
  }
  return granted
}
