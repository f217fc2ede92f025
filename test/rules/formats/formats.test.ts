import { type CloudEvent, Kafka } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, methodOf } from '../../../src/events/contract.ts'
import type { HookEvent, Property } from '../../../src/events/hook-event.ts'
import { createRedactRequest } from '../../../src/events/redact-request.ts'
import { HOOKS, type HookPoint, type RpcName } from '../../../src/hooks.ts'
import type { FormatName } from '../../../src/rules/formats/format-names.ts'
import { encodedName } from '../../../src/rules/formats/mqtt-headers.ts'
import type { KafkaRecord } from '../../../src/rules/kafka-record.ts'
import { parseRules } from '../../../src/rules/load-rules.ts'
import { EVENTS } from '../sample-events.ts'

const HOOK_POINTS = [...HOOKS.keys()]
const OF_MESSAGE = HOOK_POINTS.filter((hook) => HOOKS.get(hook)?.topic === 'message')
const payloads = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))

function written(format: FormatName, event: HookEvent, more = ''): KafkaRecord {
  const rules = parseRules(`rules: [{hook: ${event.hook}, topic: t, format: ${format}${more}}]`, 'r')
  const [record] = rules.apply(event)
  if (record === undefined) throw new Error('no record')
  return record
}

const withPayload = (payload: Buffer, hook: HookPoint = 'message.publish') =>
  ({ ...EVENTS[hook], message: { ...EVENTS['message.publish'].message, payload } }) as HookEvent

const withProperties = (userProps: Property[], props: Property[] = []) => ({
  ...EVENTS['message.publish'],
  props,
  userProps,
})

describe('emqx', () => {
  const json = (event: HookEvent) => JSON.parse(written('emqx', event).value.toString())
  const client = {
    ...{ peerport: 51_000, sockport: 1883, protocol: 'mqtt', mountpoint: '', is_superuser: false },
    ...{ is_anonymous: true, cn: 'd1.example', dn: 'CN=d1.example' },
  }
  const message = {
    ...{ id: '0005F9D5B2A0C1D2F445000001230000', topic: 'devices/d1/state', qos: 1 },
    ...{ payload: '{"battery":83.4}', protocol: 'mqtt', publish_received_at: 1_700_000_000_111 },
  }
  const receipt = { ...message, from_clientid: 'publisher', from_username: 'alice' }
  const conn = {
    ...{ peerport: 51_000, sockport: 1883, proto_name: 'MQTT', proto_ver: '5', keepalive: 60 },
    conn_props: { 'Session-Expiry-Interval': '60' },
  }
  const props = { 'Session-Expiry-Interval': '60' }
  const options = { qos: 1, rh: 2, rap: 1, nl: 0, protocol: 'mqtt' }
  const fields: { readonly [hook in HookPoint]: object } = {
    'client.connect': conn,
    'client.connack': { ...conn, reason_code: 'success' },
    'client.connected': client,
    'client.disconnected': { ...client, reason: 'keepalive_timeout' },
    'client.authenticate': { ...client, result: true },
    'client.authorize': { topic: 'devices/d1/state', protocol: 'mqtt', action: 'subscribe', result: false },
    'client.subscribe': { ...options, topic: 'devices/+/state', sub_props: props },
    'client.unsubscribe': { topic: 'devices/+/state', protocol: 'mqtt', unsub_props: props },
    'session.created': client,
    'session.subscribed': { ...options, topic: '$share/g/devices/+/state' },
    'session.unsubscribed': { topic: '$queue/devices/+/state', protocol: 'mqtt' },
    'session.resumed': client,
    'session.discarded': client,
    'session.takenover': client,
    'session.terminated': { ...client, reason: 'expired' },
    'message.publish': { ...message, pub_props: props },
    'message.delivered': receipt,
    'message.dropped': { ...message, reason: 'no_subscribers' },
    'message.acked': receipt,
    'message.ingress': { ...message, pub_props: props },
  }

  it.each(HOOK_POINTS)('%s', (hook) => {
    expect(json(EVENTS[hook])).toEqual({
      ...{ event: hook, clientid: 'c1', username: 'bob', peerhost: '10.0.0.2' },
      ...{ node: 'emqx@127.0.0.1', timestamp: 1_700_000_000_222 },
      ...fields[hook],
    })
  })

  it('carries any payload', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const { payload: text, payload_encoding: encoding } = json(withPayload(payload))
        expect(Buffer.from(text, encoding ?? 'utf8').equals(payload)).toBe(true)
      }),
    )
    expect(json(withPayload(Buffer.of(0xff))).payload_encoding).toBe('base64')
  })

  it('has user properties as a map and in their order, and not what is secret', () => {
    const userProps = ['a', '__proto__', 'a'].map((name, i) => ({ name, value: String(i) }))
    const props = [
      { name: 'Content-Type', value: 'x/y' },
      { name: 'Authentication-Data', value: 's3cret' },
    ]
    const { pub_props } = json(withProperties(userProps, props))
    expect(Object.entries(pub_props['User-Property'])).toEqual([
      ['a', '2'],
      ['__proto__', '1'],
    ])
    expect(pub_props['User-Property-Pairs']).toEqual(
      userProps.map(({ name, value }) => ({ key: name, value })),
    )
    expect(pub_props['Content-Type']).toBe('x/y')
    expect(JSON.stringify(pub_props)).not.toContain('s3cret')
    expect(json(withProperties([]))).not.toHaveProperty('pub_props')
  })
})

describe('payload', () => {
  it('is the payload to the byte, and a copy', () => {
    fc.assert(
      fc.property(payloads, fc.constantFrom(...OF_MESSAGE), (payload, hook) => {
        const { value } = written('payload', withPayload(payload, hook))
        expect(value.equals(payload)).toBe(true)
        expect(value === payload).toBe(false)
      }),
    )
  })

  it('has the rest in headers', () => {
    expect(written('payload', EVENTS['message.acked']).headers).toEqual({
      'emqx-event': 'message.acked',
      'emqx-message-id': '0005F9D5B2A0C1D2F445000001230000',
      'emqx-clientid': 'c1',
      'emqx-username': 'bob',
      'emqx-from-clientid': 'publisher',
      'emqx-from-username': 'alice',
      'emqx-topic': 'devices/d1/state',
      'emqx-qos': '1',
      'emqx-peerhost': '10.0.0.2',
      'emqx-protocol': 'mqtt',
      'emqx-timestamp': '1700000000222',
      'emqx-publish-received-at': '1700000000111',
      'emqx-node': 'emqx@127.0.0.1',
    })
  })

  it('gives way to the headers of the rule', () => {
    const { headers } = written('payload', EVENTS['message.acked'], ', headers: {emqx-topic: "${topic[0]}"}')
    expect(headers['emqx-topic']).toBe('devices')
  })
})

describe('properties of MQTT 5 as headers', () => {
  const headers = (userProps: Property[], props: Property[] = []) =>
    written('payload', withProperties(userProps, props)).headers

  it('keep names from ending a line, and repeated ones together', () => {
    const evil = { name: 'a\r\nSet-Cookie: x%', value: 'v\r\n' }
    const found = headers(
      [evil, { name: 'n', value: '1' }, { name: 'n', value: '2' }],
      [{ name: 'Content-Type', value: 'x' }],
    )
    expect(found).toMatchObject({
      'emqx-user-a%0D%0ASet-Cookie%3A%20x%25': 'v\r\n',
      'emqx-user-n': '1, 2',
      'emqx-prop-Content-Type': 'x',
    })
  })

  it('are bounded in number and bytes, and what is left out is counted', () => {
    const many = headers(Array.from({ length: 100 }, (_, i) => ({ name: `p${i}`, value: 'x' })))
    expect(Object.keys(many).filter((name) => name.startsWith('emqx-user-'))).toHaveLength(64)
    expect(many['emqx-props-left-out']).toBe('36')
    expect(headers([{ name: 'long', value: 'x'.repeat(9_000) }])).toMatchObject({
      'emqx-props-left-out': '1',
    })
  })

  it('have printable names that are told apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(encodedName(name)).toMatch(/^[\x21-\x39\x3b-\x7e]*$/)
        expect(decodeURIComponent(encodedName(name))).toBe(name.toWellFormed())
      }),
    )
  })
})

describe('cloudevents', () => {
  it.each(HOOK_POINTS)("of %s is one to CloudEvents' own package", (hook) => {
    const event = EVENTS[hook]
    const { key, value, headers } = written('cloudevents', event)
    const message = { key: String(key), value, headers, body: value, timestamp: '' }
    expect(Kafka.isEvent(message)).toBe(true)
    const read = Kafka.toEvent<Buffer>(message) as CloudEvent<Buffer>
    expect(read.validate()).toBe(true)
    const ofMessage = 'message' in event
    expect(read).toMatchObject({
      specversion: '1.0',
      type: `io.emqx.${hook}`,
      source: '/emqx/emqx%40127.0.0.1',
      time: new Date(ofMessage ? 1_700_000_000_111 : 1_700_000_000_222).toISOString(),
      clientid: 'c1',
      datacontenttype: ofMessage ? 'application/octet-stream' : 'application/json',
    })
    expect(read.subject).toBe(ofMessage ? 'devices/d1/state' : (headers.ce_subject ?? ''))
    if (ofMessage) expect(value.equals(event.message.payload)).toBe(true)
    else expect(JSON.parse(value.toString())).toMatchObject({ event: hook })
  })

  it('has an id of its own for each event, and one for a message that is told twice', () => {
    const id = (hook: HookPoint, more: Partial<HookEvent> = {}) =>
      written('cloudevents', { ...EVENTS[hook], ...more } as HookEvent).headers.ce_id
    expect(id('message.publish')).toBe(id('message.publish'))
    expect(id('message.publish')).not.toBe(id('message.dropped'))
    expect(id('message.acked')).not.toBe(id('message.acked', { clientid: 'c2' }))
    expect(id('client.connected')).not.toBe(id('client.connected'))
  })

  it.each([
    ['application/json', 'application/json'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/vnd.x+json', 'application/vnd.x+json'],
    ['a/b\r\nx: y', 'application/octet-stream'],
    ['json', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('has of the content type %j %j', (given, expected) => {
    const event = withProperties([], [{ name: 'Content-Type', value: given }])
    expect(written('cloudevents', event).headers['content-type']).toBe(expected)
  })

  it('percent-encodes what no attribute may hold', () => {
    const attributesOf = (hook: HookPoint, clientid: string) =>
      written('cloudevents', { ...EVENTS[hook], clientid, username: 'é %' } as HookEvent).headers
    expect(attributesOf('client.connected', 'a\n\u007f\u0085\ufffe\u{1ffff}é')).toMatchObject({
      ce_subject: 'a%0A%7F%C2%85%EF%BF%BE%F0%9F%BF%BFé',
      ce_clientid: 'a%0A%7F%C2%85%EF%BF%BE%F0%9F%BF%BFé',
      ce_username: 'é %',
    })
    const { ce_id: one, ce_clientid: name } = attributesOf('message.acked', 'a\n')
    const { ce_id: other } = attributesOf('message.acked', 'a%0A')
    expect(name).toBe('a%0A')
    expect(one).toMatch(/:message\.acked:a%0A$/)
    expect(other).toMatch(/:message\.acked:a%250A$/)
  })

  it('has attributes of allowed characters only, whatever devices are called', () => {
    const disallowed = /\p{Cc}|\p{Noncharacter_Code_Point}/u
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...HOOK_POINTS), (text, hook) => {
        const odd = { ...EVENTS[hook], clientid: text, username: text, topic: text, node: text } as HookEvent
        const { headers } = written('cloudevents', odd)
        for (const [name, value] of Object.entries(headers)) {
          if (!name.startsWith('ce_')) continue
          expect([name, disallowed.test(value), value.isWellFormed()]).toEqual([name, false, true])
        }
      }),
    )
  })

  it('never throws, whatever EMQX sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.double(), (text, timestampMs) => {
        const event = withPayload(Buffer.of(1))
        if (!('message' in event)) return
        const odd = {
          ...event,
          node: text,
          clientid: text,
          message: { ...event.message, id: text, timestampMs },
        }
        expect(written('cloudevents', odd).headers.ce_time).toMatch(/^\d{4}-/)
      }),
    )
  })
})

describe('protobuf', () => {
  const contract = loadContract()
  const redact = createRedactRequest(contract)

  it.each(HOOK_POINTS)('of %s is the request, under the name of its type', (hook) => {
    const { requestType, requestSerialize } = methodOf(contract, 'v3', HOOKS.get(hook)?.rpc as RpcName)
    const body = requestSerialize({ clientinfo: { clientid: 'c1', password: 's3cret' }, meta: { node: 'n' } })
    const rules = parseRules(
      `rules: [{hook: ${hook}, topic: t, format: protobuf}, {hook: ${hook}, topic: u, format: protobuf}]`,
      'r',
    )
    const [record, second] = rules.apply(EVENTS[hook], () => redact(hook, body))
    expect(record?.value.equals(redact(hook, body))).toBe(true)
    expect(second?.value).toBe(record?.value)
    expect(record?.value.includes('s3cret')).toBe(false)
    const { name } = requestType.type as { name: string }
    expect(record?.headers['emqx-protobuf-message']).toBe(`emqx.exhook.v3.${name}`)
  })
})

it.each(['bridge', 'emqx', 'payload', 'cloudevents', 'protobuf'] as const)(
  '%s keeps the headers that every record has',
  (format) => {
    expect(written(format, EVENTS['message.publish']).headers).toMatchObject({
      'emqx-event': 'message.publish',
      'emqx-message-id': '0005F9D5B2A0C1D2F445000001230000',
    })
  },
)
