import type { AedesOptions, AedesPublishPacket, Client } from 'aedes'
import type { Connection } from './connection.ts'
import { grantedQos } from './connection-table.ts'
import { attachedMessage, type HookMessage, newMessageId } from './message.ts'
import type { StandInParts } from './parts.ts'
import { NOWHERE } from './publishing.ts'

/** The packets of a subscriber that end a delivery. */
interface Receipt {
  readonly cmd: string
  readonly messageId: number
}

/** Deliveries and their receipts: message.delivered and message.acked, called in turn with the subscriber's other hooks. */
export function createDelivering({ hooks, table, counters, config }: StandInParts) {
  const authorizeForward: NonNullable<AedesOptions['authorizeForward']> = (client, packet) => {
    if (packet.topic === NOWHERE) return null
    const connection = table.of(client)
    if (connection === undefined || packet.topic.startsWith('$SYS/')) return packet
    const qos = Math.min(packet.qos, grantedQos(connection.subscriptions, packet.topic) ?? 0)
    const message = { ...(attachedMessage(packet) ?? retainedMessage(packet)), qos }
    if (qos > 0) {
      packet.messageId ??= connection.nextPacketId() // aedes takes it over, and so the receipt can be told
      connection.unacked.set(packet.messageId, message)
    }
    counters.delivered++
    tell('message.delivered', connection, message)
    return packet
  }

  function onReceipt(client: Client, { cmd, messageId }: Receipt): void {
    const connection = table.of(client)
    if (connection === undefined || (cmd !== 'puback' && cmd !== 'pubcomp')) return
    const message = connection.unacked.get(messageId)
    if (message === undefined) return
    connection.unacked.delete(messageId)
    counters.acked++
    tell('message.acked', connection, message)
  }

  function tell(hook: string, connection: Connection, message: HookMessage): void {
    if (!hooks.wants(hook, message.topic)) return
    const { clientid, clientinfo, queue } = connection
    queue.run(async () => {
      await hooks.call(hook, clientid, { clientinfo, message }, message.topic)
    })
  }

  function retainedMessage(packet: AedesPublishPacket): HookMessage {
    return {
      node: config.node,
      id: newMessageId(),
      qos: packet.qos,
      from: '',
      topic: packet.topic,
      payload: Buffer.from(packet.payload),
      timestamp: Date.now(),
      headers: {},
    }
  }

  return { authorizeForward, onReceipt }
}
