import type { HookPoint } from '../hooks.ts'
import type {
  ClientInfo,
  ConnInfo,
  HookEvent,
  MqttMessage,
  SubscribedFilter,
  SubscriptionOptions,
} from './hook-event.ts'
import type {
  RawClientInfo,
  RawConnInfo,
  RawMessageInfo,
  RawMeta,
  RawRequests,
  RawSubOpts,
  RawTopicFilter,
} from './raw-requests.ts'

/** What every event has, beside its hook. */
type Subject = Pick<HookEvent, 'receivedAtMs' | 'node' | 'clientid' | 'username' | 'peerhost'>

/** Makes the event of a hook from its decoded request. Pure; never throws. */
export type EventMakers = {
  readonly [H in HookPoint]: (request: RawRequests[H], receivedAtMs: number) => HookEvent
}

export const EVENT_MAKERS: EventMakers = {
  'client.connect': (request, at) => ({
    hook: 'client.connect',
    ...ofConnection(request.conninfo, request.meta, at),
    conninfo: connInfo(request.conninfo),
    props: request.props,
    userProps: request.user_props,
  }),
  'client.connack': (request, at) => ({
    hook: 'client.connack',
    ...ofConnection(request.conninfo, request.meta, at),
    conninfo: connInfo(request.conninfo),
    resultCode: request.result_code,
    props: request.props,
    userProps: request.user_props,
  }),
  'client.connected': clientLife('client.connected'),
  'client.disconnected': clientEnd('client.disconnected'),
  'client.authenticate': (request, at) => ({
    hook: 'client.authenticate',
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    result: request.result,
  }),
  'client.authorize': (request, at) => ({
    hook: 'client.authorize',
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    // The contract knows PUBLISH = 0 and SUBSCRIBE = 1.
    action: request.type === 1 ? 'subscribe' : 'publish',
    topic: request.topic,
    result: request.result,
  }),
  'client.subscribe': clientSubscription('client.subscribe'),
  'client.unsubscribe': clientSubscription('client.unsubscribe'),
  'session.created': clientLife('session.created'),
  'session.subscribed': (request, at) => ({
    hook: 'session.subscribed',
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    topic: request.topic,
    options: subscriptionOptions(request.subopts, 0),
  }),
  'session.unsubscribed': (request, at) => ({
    hook: 'session.unsubscribed',
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    topic: request.topic,
  }),
  'session.resumed': clientLife('session.resumed'),
  'session.discarded': clientLife('session.discarded'),
  'session.takenover': clientLife('session.takenover'),
  'session.terminated': clientEnd('session.terminated'),
  'message.publish': (request, at) => ({
    hook: 'message.publish',
    ...ofPublisher(request.message, request.meta, at),
    message: mqttMessage(request.message),
    topic: request.message.topic,
    props: request.props,
    userProps: request.user_props,
  }),
  'message.delivered': messageReceipt('message.delivered'),
  'message.dropped': (request, at) => ({
    hook: 'message.dropped',
    ...ofPublisher(request.message, request.meta, at),
    message: mqttMessage(request.message),
    topic: request.message.topic,
    reason: request.reason,
  }),
  'message.acked': messageReceipt('message.acked'),
  'message.ingress': ({ clientinfo, message, meta, props, user_props }, at) => ({
    hook: 'message.ingress',
    receivedAtMs: at,
    node: message.node || clientinfo.node || meta.node,
    // The client is the publisher, so the message tells it too.
    clientid: clientinfo.clientid || message.from,
    username: clientinfo.username || (message.headers.username ?? ''),
    peerhost: clientinfo.peerhost || (message.headers.peerhost ?? ''),
    clientinfo: clientInfo(clientinfo),
    message: mqttMessage(message),
    topic: message.topic,
    props,
    userProps: user_props,
  }),
}

type LifeHook =
  | 'client.connected'
  | 'session.created'
  | 'session.resumed'
  | 'session.discarded'
  | 'session.takenover'

function clientLife(hook: LifeHook): (request: RawRequests[LifeHook], receivedAtMs: number) => HookEvent {
  return (request, at) => ({
    hook,
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
  })
}

type EndHook = 'client.disconnected' | 'session.terminated'

function clientEnd(hook: EndHook): (request: RawRequests[EndHook], receivedAtMs: number) => HookEvent {
  return (request, at) => ({
    hook,
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    reason: request.reason,
  })
}

type SubscriptionHook = 'client.subscribe' | 'client.unsubscribe'

function clientSubscription(
  hook: SubscriptionHook,
): (request: RawRequests[SubscriptionHook], receivedAtMs: number) => HookEvent {
  return (request, at) => ({
    hook,
    ...ofClient(request.clientinfo, request.meta, at),
    clientinfo: clientInfo(request.clientinfo),
    filters: request.topic_filters.map(subscribedFilter),
    props: request.props,
    userProps: request.user_props,
  })
}

type ReceiptHook = 'message.delivered' | 'message.acked'

function messageReceipt(
  hook: ReceiptHook,
): (request: RawRequests[ReceiptHook], receivedAtMs: number) => HookEvent {
  return ({ clientinfo, message, meta }, at) => ({
    hook,
    receivedAtMs: at,
    node: message.node || clientinfo.node || meta.node,
    clientid: clientinfo.clientid,
    username: clientinfo.username,
    peerhost: clientinfo.peerhost,
    clientinfo: clientInfo(clientinfo),
    message: mqttMessage(message),
    topic: message.topic,
  })
}

/** The publisher's user name and address are in the headers, if at all: a will and a REST publish have none. */
const ofPublisher = (message: RawMessageInfo, meta: RawMeta, receivedAtMs: number): Subject => ({
  receivedAtMs,
  node: message.node || meta.node,
  clientid: message.from,
  username: message.headers.username ?? '',
  peerhost: message.headers.peerhost ?? '',
})

const ofClient = (client: RawClientInfo, meta: RawMeta, receivedAtMs: number): Subject => ({
  receivedAtMs,
  node: client.node || meta.node,
  clientid: client.clientid,
  username: client.username,
  peerhost: client.peerhost,
})

const ofConnection = (conn: RawConnInfo, meta: RawMeta, receivedAtMs: number): Subject => ({
  receivedAtMs,
  node: conn.node || meta.node,
  clientid: conn.clientid,
  username: conn.username,
  peerhost: conn.peerhost,
})

const mqttMessage = (raw: RawMessageInfo): MqttMessage => ({
  id: raw.id,
  qos: raw.qos,
  from: raw.from,
  topic: raw.topic,
  payload: raw.payload,
  timestampMs: raw.timestamp,
  headers: raw.headers,
})

const clientInfo = (raw: RawClientInfo): ClientInfo => ({
  protocol: raw.protocol,
  sockport: raw.sockport,
  peerport: raw.peerport,
  mountpoint: raw.mountpoint,
  isSuperuser: raw.is_superuser,
  anonymous: raw.anonymous,
  cn: raw.cn,
  dn: raw.dn,
})

const connInfo = (raw: RawConnInfo): ConnInfo => ({
  sockport: raw.sockport,
  peerport: raw.peerport,
  protoName: raw.proto_name,
  protoVer: raw.proto_ver,
  keepalive: raw.keepalive,
})

const subscribedFilter = (raw: RawTopicFilter): SubscribedFilter => ({
  name: raw.name,
  options: subscriptionOptions(raw.subopts, raw.qos),
})

/** `earlierQos`: EMQX before 5.4 sends the quality of service beside the options instead of in them. */
const subscriptionOptions = (raw: RawSubOpts, earlierQos: number): SubscriptionOptions => ({
  qos: raw.qos || earlierQos,
  rh: raw.rh,
  rap: raw.rap,
  nl: raw.nl,
})
