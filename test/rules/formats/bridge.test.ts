import { describe, expect, it } from 'vitest'
import type { HookEvent } from '../../../src/events/hook-event.ts'
import { HOOKS, type HookPoint } from '../../../src/hooks.ts'
import { createBridgeFormat } from '../../../src/rules/formats/bridge.ts'
import { RuleInput } from '../../../src/rules/rule-input.ts'
import smartLock from '../../fixtures/smart-lock.json' with { type: 'json' }
import { EVENTS } from '../sample-events.ts'

const plain = createBridgeFormat({ withEvent: false })
const named = createBridgeFormat({ withEvent: true })

const node = 'emqx@127.0.0.1'
const ts = 1_700_000_000_222
const who = { client_id: 'c1', username: 'bob' }
const topic = 'devices/d1/state'
const content = { topic, payload: Buffer.from('{"battery":83.4}').toString('base64'), qos: 1 }
const conn = {
  peerhost: '10.0.0.2',
  peerport: 51_000,
  sockport: 1883,
  proto_name: 'MQTT',
  proto_ver: '5',
  keepalive: 60,
}
const client = {
  peerhost: '10.0.0.2',
  peerport: 51_000,
  sockport: 1883,
  protocol: 'mqtt',
  mountpoint: '',
  is_superuser: false,
  anonymous: true,
  cn: 'd1.example',
  dn: 'CN=d1.example',
}
const peer = { peerhost: '10.0.0.2', protocol: 'mqtt' }

/** Of each hook, the topic that the record is about and the whole value, its keys in order. */
const VALUES: { readonly [hook in HookPoint]: readonly [string, object] } = {
  'client.connect': ['', { ...who, ...conn, node, ts }],
  'client.connack': ['', { ...who, ...conn, result_code: 'success', node, ts }],
  'client.connected': ['', { ...who, ...client, node, ts }],
  'client.disconnected': ['', { ...who, ...client, reason: 'keepalive_timeout', node, ts }],
  'client.authenticate': ['', { ...who, ...client, result: true, node, ts }],
  'client.authorize': [topic, { ...who, ...peer, action: 'subscribe', topic, result: false, node, ts }],
  'client.subscribe': [
    '$share/g/devices/d1/command',
    { ...who, ...peer, topic: '$share/g/devices/d1/command', qos: 2, rh: 2, rap: 1, nl: 0, node, ts },
  ],
  'client.unsubscribe': ['other/#', { ...who, ...peer, topic: 'other/#', node, ts }],
  'session.created': ['', { ...who, ...client, node, ts }],
  'session.subscribed': [
    '$share/g/devices/+/state',
    { ...who, ...peer, topic: '$share/g/devices/+/state', qos: 1, rh: 2, rap: 1, nl: 0, node, ts },
  ],
  'session.unsubscribed': [
    '$queue/devices/+/state',
    { ...who, ...peer, topic: '$queue/devices/+/state', node, ts },
  ],
  'session.resumed': ['', { ...who, ...client, node, ts }],
  'session.discarded': ['', { ...who, ...client, node, ts }],
  'session.takenover': ['', { ...who, ...client, node, ts }],
  'session.terminated': ['', { ...who, ...client, reason: 'expired', node, ts }],
  'message.publish': [topic, { ...who, ...content, node, ts }],
  'message.delivered': [topic, { ...who, from: 'publisher', ...content, node, ts }],
  'message.dropped': [topic, { ...who, ...content, reason: 'no_subscribers', node, ts }],
  'message.acked': [topic, { ...who, from: 'publisher', ...content, node, ts }],
  'message.ingress': [topic, { ...who, ...content, node, ts }],
}

it.each([...HOOKS.keys()])('%s', (hook) => {
  const [about, value] = VALUES[hook]
  expect(plain.value(new RuleInput(EVENTS[hook], about)).toString()).toBe(JSON.stringify(value))
  expect(named.value(new RuleInput(EVENTS[hook], about)).toString()).toBe(
    JSON.stringify({ event: hook, ...value }),
  )
})

describe("the smart lock's records, to the byte", () => {
  const lock = '10083618796833171'
  const common = { node: 'emqx@127.0.0.1', clientid: lock, username: '', peerhost: '127.0.0.1' }
  const publishOf = (suffix: string) => {
    const step = smartLock.mqtt.find((one) => one.topic?.endsWith(suffix))
    return {
      id: '0',
      qos: step?.qos ?? -1,
      from: lock,
      topic: step?.topic ?? '',
      payload: Buffer.from(step?.payload ?? ''),
      timestampMs: 0,
      headers: {},
    }
  }

  it('message_state', () => {
    const expected = smartLock.kafka.message_state
    const message = publishOf('/state')
    const event: HookEvent = {
      ...common,
      hook: 'message.publish',
      receivedAtMs: expected.ts,
      message,
      topic: message.topic,
      props: [],
      userProps: [],
    }
    expect(plain.value(new RuleInput(event, message.topic)).toString()).toBe(JSON.stringify(expected))
  })

  it('message_command', () => {
    const expected = smartLock.kafka.message_command
    const message = publishOf('/command')
    const { clientinfo } = EVENTS['message.acked']
    const event: HookEvent = {
      ...common,
      hook: 'message.acked',
      receivedAtMs: expected.ts,
      message,
      topic: message.topic,
      clientinfo,
    }
    expect(plain.value(new RuleInput(event, message.topic)).toString()).toBe(JSON.stringify(expected))
  })
})

it('carries any payload', () => {
  const payload = Buffer.from([0, 255, 128, 10])
  const event = EVENTS['message.publish']
  const value = JSON.parse(
    plain.value(new RuleInput({ ...event, message: { ...event.message, payload } }, topic)).toString(),
  )
  expect(Buffer.from(value.payload, 'base64')).toEqual(payload)
})
