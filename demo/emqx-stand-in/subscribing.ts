import type { AedesOptions, Client, Subscription } from 'aedes'
import { isAuthorized } from './authorizing.ts'
import type { Connection } from './connection.ts'
import type { StandInParts } from './parts.ts'

type Callback = (error: Error | null, subscription?: Subscription | null) => void

interface Asked {
  readonly subscription: Subscription
  readonly callback: Callback
}

/**
 * SUBSCRIBE: client.authorize for each filter, one client.subscribe for all of them, session.subscribed for each, then
 * the SUBACK. UNSUBSCRIBE: client.unsubscribe and session.unsubscribed, after the UNSUBACK.
 */
export function createSubscribing(parts: StandInParts) {
  const { hooks, table } = parts
  const asked = new Map<Connection, Asked[]>()

  const authorizeSubscribe: NonNullable<AedesOptions['authorizeSubscribe']> = (
    client,
    subscription,
    callback,
  ) => {
    const connection = table.of(client)
    // While it connects, aedes restores the filters of a resumed session, of which EMQX tells nobody.
    if (connection === undefined || !client.connected) return callback(null, subscription)
    // aedes asks filter by filter, in one go for each packet: gather them.
    const packet = asked.get(connection) ?? []
    packet.push({ subscription, callback })
    if (packet.length > 1) return
    asked.set(connection, packet)
    queueMicrotask(() => {
      asked.delete(connection)
      connection.queue.run(() => subscribe(connection, packet))
    })
  }

  async function subscribe(connection: Connection, packet: readonly Asked[]): Promise<void> {
    const { clientid, clientinfo } = connection
    const granted = new Set<Asked>()
    for (const one of packet) {
      if (await isAuthorized(parts, connection, 'SUBSCRIBE', one.subscription.topic)) granted.add(one)
    }
    const topicFilters = [...granted].map(({ subscription }) => ({
      name: subscription.topic,
      subopts: subscriptionOptions(subscription),
    }))
    await hooks.call('client.subscribe', clientid, { clientinfo, topic_filters: topicFilters })
    for (const { subscription } of granted) {
      const { topic } = subscription
      connection.subscriptions.set(topic, subscription.qos)
      await hooks.call('session.subscribed', clientid, {
        clientinfo,
        topic,
        subopts: subscriptionOptions(subscription),
      })
    }
    for (const one of packet) one.callback(null, granted.has(one) ? one.subscription : null)
  }

  return {
    authorizeSubscribe,
    onUnsubscribe(topics: readonly string[], client: Client) {
      const connection = table.of(client)
      // aedes also unsubscribes what a closing connection leaves behind, of which EMQX tells nobody.
      if (connection === undefined || client.closed) return
      for (const topic of topics) connection.subscriptions.delete(topic)
      const { clientid, clientinfo, queue } = connection
      queue.run(async () => {
        const topicFilters = topics.map((name) => ({ name, subopts: subscriptionOptions() }))
        await hooks.call('client.unsubscribe', clientid, { clientinfo, topic_filters: topicFilters })
        for (const topic of topics) {
          await hooks.call('session.unsubscribed', clientid, { clientinfo, topic })
        }
      })
    },
  }
}

function subscriptionOptions({ qos, rh, rap, nl }: Partial<Subscription> = {}) {
  return { qos: qos ?? 0, rh: rh ?? 0, rap: Number(rap ?? false), nl: Number(nl ?? false) }
}
