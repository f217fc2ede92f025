import type { ClientInfo, ConnInfo, HookEvent, SubscriptionOptions } from '../../events/hook-event.ts'
import type { Format } from './format.ts'
import { LARGE_PAYLOAD_BYTES, withLargePayload } from './large-payload.ts'

export interface BridgeFormatOptions {
  /** Put the hook point as `event` in front: where hooks share a Kafka topic, nothing else tells their records apart. */
  readonly withEvent: boolean
}

/**
 * The JSON of EMQX 4.x Enterprise's Kafka bridge, its fields in its order: the client first, `node` and `ts` last.
 * Payloads are base64. `ts` is when the hook call was received here, in ms since 1970.
 *
 * message.publish: `client_id, username, topic, payload, qos, node, ts`; message.delivered and message.acked have
 * `from` (the publisher) too, and client_id and username are the receiver's. Hooks that 4.x did not forward follow in
 * the same manner. Properties of MQTT 5 are left out, as in 4.x: those of a CONNECT may hold credentials.
 */
export function createBridgeFormat({ withEvent }: BridgeFormatOptions): Format {
  return {
    value({ event, topic }) {
      const fields = bridgeFields(event, topic)
      const json = JSON.stringify(withEvent ? { event: event.hook, ...fields } : fields)
      const hasLarge = 'message' in event && event.message.payload.length >= LARGE_PAYLOAD_BYTES
      return hasLarge ? withLargePayload(json, event.message.payload) : Buffer.from(json)
    },
  }
}

function bridgeFields(event: HookEvent, topic: string): object {
  const { clientid: client_id, username, node, receivedAtMs: ts } = event
  switch (event.hook) {
    case 'message.publish':
    case 'message.ingress':
      return { client_id, username, topic, payload: payloadOf(event), qos: event.message.qos, node, ts }
    case 'message.delivered':
    case 'message.acked': {
      const { from, qos } = event.message
      return { client_id, username, from, topic, payload: payloadOf(event), qos, node, ts }
    }
    case 'message.dropped': {
      const { reason } = event
      return {
        client_id,
        username,
        topic,
        payload: payloadOf(event),
        qos: event.message.qos,
        reason,
        node,
        ts,
      }
    }
    default:
      return { client_id, username, ...clientHookFields(event, topic), node, ts }
  }
}

/** A hook about a client or a session, not about a message. */
type ClientHookEvent = Exclude<HookEvent, { message: unknown }>

/** What stands between the client and `node` in the hooks about clients and sessions. */
function clientHookFields(event: ClientHookEvent, topic: string): object {
  const { peerhost } = event
  switch (event.hook) {
    case 'client.connect':
      return { peerhost, ...connFields(event.conninfo) }
    case 'client.connack':
      return { peerhost, ...connFields(event.conninfo), result_code: event.resultCode }
    case 'client.connected':
    case 'session.created':
    case 'session.resumed':
    case 'session.discarded':
    case 'session.takenover':
      return { peerhost, ...clientFields(event.clientinfo) }
    case 'client.disconnected':
    case 'session.terminated':
      return { peerhost, ...clientFields(event.clientinfo), reason: event.reason }
    case 'client.authenticate':
      return { peerhost, ...clientFields(event.clientinfo), result: event.result }
    case 'client.authorize':
      return {
        peerhost,
        protocol: event.clientinfo.protocol,
        action: event.action,
        topic,
        result: event.result,
      }
    case 'client.subscribe': {
      const filter = event.filters.find(({ name }) => name === topic)
      return { peerhost, protocol: event.clientinfo.protocol, topic, ...optionFields(filter?.options) }
    }
    case 'session.subscribed':
      return { peerhost, protocol: event.clientinfo.protocol, topic, ...optionFields(event.options) }
    case 'client.unsubscribe':
    case 'session.unsubscribed':
      return { peerhost, protocol: event.clientinfo.protocol, topic }
  }
}

type MessageEvent = Extract<HookEvent, { message: unknown }>

/** In base64; nothing in the place of a large one, which is put in later. */
function payloadOf(event: MessageEvent): string {
  const { payload } = event.message
  return payload.length < LARGE_PAYLOAD_BYTES ? payload.toString('base64') : ''
}

function connFields(conn: ConnInfo): object {
  return {
    peerport: conn.peerport,
    sockport: conn.sockport,
    proto_name: conn.protoName,
    proto_ver: conn.protoVer,
    keepalive: conn.keepalive,
  }
}

function clientFields(client: ClientInfo): object {
  return {
    peerport: client.peerport,
    sockport: client.sockport,
    protocol: client.protocol,
    mountpoint: client.mountpoint,
    is_superuser: client.isSuperuser,
    anonymous: client.anonymous,
    cn: client.cn,
    dn: client.dn,
  }
}

function optionFields(options: SubscriptionOptions | undefined): object {
  if (options === undefined) return {}
  return { qos: options.qos, rh: options.rh, rap: options.rap, nl: options.nl }
}
