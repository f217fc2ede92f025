import type { Socket } from 'node:net'
import type { Client, ConnectPacket } from 'aedes'
import { type ClientQueue, createClientQueue } from './client-queue.ts'
import type { HookMessage } from './message.ts'

/** An MQTT connection, as the hooks tell of it. */
export interface Connection {
  readonly clientid: string
  readonly username: string | undefined
  readonly clean: boolean
  /** `emqx.exhook.*.ConnInfo`. */
  readonly conninfo: object
  /** `emqx.exhook.*.ClientInfo`, without a password. */
  readonly clientinfo: object
  readonly peerhost: string
  readonly queue: ClientQueue
  /** Topic filters and the quality of service granted. */
  subscriptions: Map<string, number>
  /** Deliveries of QoS 1 and 2 under way, by packet identifier. */
  readonly unacked: Map<number, HookMessage>
  /** Why it ended, when somebody other than the client decided that. */
  endReason: 'takenover' | 'discarded' | 'keepalive_timeout' | undefined
  /** The next packet identifier for a delivery. */
  nextPacketId(): number
}

export function createConnection(node: string, client: Client, packet: ConnectPacket): Connection {
  const socket = client.conn as Socket
  const peerhost = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const clientid = packet.clientId
  const place = { node, clientid, username: packet.username ?? '', peerhost }
  const ports = { sockport: socket.localPort ?? 0, peerport: socket.remotePort ?? 0 }
  let packetId = 0
  return {
    clientid,
    username: packet.username,
    clean: packet.clean ?? true,
    peerhost,
    conninfo: {
      ...place,
      ...ports,
      proto_name: packet.protocolId ?? 'MQTT',
      proto_ver: String(packet.protocolVersion ?? 4),
      keepalive: packet.keepalive ?? 0,
    },
    clientinfo: { ...place, ...ports, protocol: 'mqtt', anonymous: true },
    queue: createClientQueue(),
    subscriptions: new Map(),
    unacked: new Map(),
    endReason: undefined,
    nextPacketId() {
      packetId = (packetId % 0xffff) + 1
      return packetId
    },
  }
}
