import type { HookEvent, MqttMessage } from '../../src/events/hook-event.ts'
import type { HookPoint } from '../../src/hooks.ts'

export const message: MqttMessage = {
  id: '0005F9D5B2A0C1D2F445000001230000',
  qos: 1,
  from: 'publisher',
  topic: 'devices/d1/state',
  payload: Buffer.from('{"battery":83.4}'),
  timestampMs: 1_700_000_000_111,
  headers: { username: 'alice', peerhost: '10.0.0.1', protocol: 'mqtt', allow_publish: 'true' },
}

const clientinfo = {
  protocol: 'mqtt',
  sockport: 1883,
  peerport: 51_000,
  mountpoint: '',
  isSuperuser: false,
  anonymous: true,
  cn: 'd1.example',
  dn: 'CN=d1.example',
}

const conninfo = { sockport: 1883, peerport: 51_000, protoName: 'MQTT', protoVer: '5', keepalive: 60 }
const options = { qos: 1, rh: 2, rap: 1, nl: 0 }
const properties = { props: [{ name: 'Session-Expiry-Interval', value: '60' }], userProps: [] }
const topic = message.topic

/** What every event has. The client of message.publish and message.dropped is the publisher. */
const common = {
  receivedAtMs: 1_700_000_000_222,
  node: 'emqx@127.0.0.1',
  clientid: 'c1',
  username: 'bob',
  peerhost: '10.0.0.2',
}

const filters = [
  { name: 'devices/+/state', options },
  { name: '$share/g/devices/d1/command', options: { ...options, qos: 2 } },
  { name: 'other/#', options },
]

/** An event of each of the 20 hooks. */
export const EVENTS = {
  'client.connect': { ...common, hook: 'client.connect', conninfo, ...properties },
  'client.connack': { ...common, hook: 'client.connack', conninfo, resultCode: 'success', ...properties },
  'client.connected': { ...common, hook: 'client.connected', clientinfo },
  'client.disconnected': { ...common, hook: 'client.disconnected', clientinfo, reason: 'keepalive_timeout' },
  'client.authenticate': { ...common, hook: 'client.authenticate', clientinfo, result: true },
  'client.authorize': {
    ...common,
    hook: 'client.authorize',
    clientinfo,
    action: 'subscribe',
    topic,
    result: false,
  },
  'client.subscribe': { ...common, hook: 'client.subscribe', clientinfo, filters, ...properties },
  'client.unsubscribe': { ...common, hook: 'client.unsubscribe', clientinfo, filters, ...properties },
  'session.created': { ...common, hook: 'session.created', clientinfo },
  'session.subscribed': {
    ...common,
    hook: 'session.subscribed',
    clientinfo,
    topic: '$share/g/devices/+/state',
    options,
  },
  'session.unsubscribed': {
    ...common,
    hook: 'session.unsubscribed',
    clientinfo,
    topic: '$queue/devices/+/state',
  },
  'session.resumed': { ...common, hook: 'session.resumed', clientinfo },
  'session.discarded': { ...common, hook: 'session.discarded', clientinfo },
  'session.takenover': { ...common, hook: 'session.takenover', clientinfo },
  'session.terminated': { ...common, hook: 'session.terminated', clientinfo, reason: 'expired' },
  'message.publish': { ...common, hook: 'message.publish', message, topic, ...properties },
  'message.delivered': { ...common, hook: 'message.delivered', message, topic, clientinfo },
  'message.dropped': { ...common, hook: 'message.dropped', message, topic, reason: 'no_subscribers' },
  'message.acked': { ...common, hook: 'message.acked', message, topic, clientinfo },
  'message.ingress': { ...common, hook: 'message.ingress', message, topic, clientinfo, ...properties },
} as const satisfies { readonly [hook in HookPoint]: HookEvent & { readonly hook: hook } }
