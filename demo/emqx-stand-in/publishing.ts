import type { AedesOptions, PublishPacket } from 'aedes'
import { isAuthorized } from './authorizing.ts'
import type { Connection } from './connection.ts'
import { attachMessage, type HookMessage, newMessageId } from './message.ts'
import type { StandInParts } from './parts.ts'
import { verdictOf } from './valued-reply.ts'

/** Where a forbidden message goes: aedes acknowledges only what it publishes, and nobody is ever delivered from here. */
export const NOWHERE = '$exhook/rejected'

/**
 * PUBLISH and wills: message.publish before the PUBACK or PUBREC, in turn with the client's other hooks. aedes asks
 * `authorizePublish` first and writes the PUBACK when it is called back.
 */
export function createPublishing(parts: StandInParts) {
  const { hooks, table, counters, config } = parts

  const authorizePublish: NonNullable<AedesOptions['authorizePublish']> = (client, packet, callback) => {
    const connection = client === null ? undefined : table.of(client)
    if (client === null || connection === undefined) return callback(null)
    if (packet.topic.startsWith('$SYS/')) return callback(new Error('$SYS topics are reserved'))
    counters.publishes++
    // aedes publishes a will when the connection is closed, and nothing else then.
    const isWill = client.closed
    const message = toMessage(connection, packet, isWill)
    attachMessage(packet, message)
    connection.queue.run(async () => {
      await decide(connection, packet, message, isWill)
      if (packet.qos > 0 && !isWill) counters.pubacked++
      callback(null)
    })
  }

  function toMessage(connection: Connection, packet: PublishPacket, isWill: boolean): HookMessage {
    return {
      node: config.node,
      id: newMessageId(),
      qos: packet.qos,
      from: connection.clientid,
      topic: packet.topic,
      payload: Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload),
      timestamp: Date.now(),
      headers: isWill ? {} : headersOf(connection),
    }
  }

  /** Asks the provider, and changes or diverts the packet as it says. */
  async function decide(
    connection: Connection,
    packet: PublishPacket,
    message: HookMessage,
    isWill: boolean,
  ): Promise<void> {
    const { clientid, clientinfo } = connection
    if (!isWill && !(await isAuthorized(parts, connection, 'PUBLISH', message.topic))) return forbid(packet)
    const steps = [
      ['message.ingress', { clientinfo, message }],
      ['message.publish', { message }],
    ] as const
    for (const [hook, request] of steps) {
      const end = await hooks.call(hook, clientid, request, message.topic)
      if (end === undefined) continue
      if (end.outcome !== 'succeeded') counters.unhooked++ // it goes out all the same, also with failed_action deny
      const verdict = verdictOf(end, counters)
      if (verdict.kind !== 'ignore' && !verdict.allow) return forbid(packet)
      if (verdict.kind === 'message') replace(packet, message, verdict)
    }
    if (hooks.wants('message.dropped', packet.topic) && !table.hasSubscriber(packet.topic)) {
      await hooks.call('message.dropped', clientid, { message, reason: 'no_subscribers' }, packet.topic)
    }
  }

  function replace(
    packet: PublishPacket,
    message: HookMessage,
    by: { topic: string; payload: Buffer },
  ): void {
    packet.topic = by.topic
    packet.payload = by.payload
    attachMessage(packet, { ...message, topic: by.topic, payload: by.payload })
  }

  function forbid(packet: PublishPacket): void {
    counters.rejected++
    packet.topic = NOWHERE
    packet.retain = false
  }

  return { authorizePublish }
}

function headersOf({ username, peerhost }: Connection): Record<string, string> {
  return {
    ...(username === undefined ? {} : { username }),
    peerhost,
    protocol: 'mqtt',
    allow_publish: 'true',
  }
}
