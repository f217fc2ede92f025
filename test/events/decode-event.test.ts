import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, methodOf, requestTypeOf } from '../../src/events/contract.ts'
import { createDecodeEvent, NOT_DECODED } from '../../src/events/decode-event.ts'
import { createDecoders } from '../../src/events/message-decoder.ts'
import { MalformedRequestError } from '../../src/events/wire-reader.ts'
import { type ContractVersion, HOOKS, type HookPoint, type RpcName } from '../../src/hooks.ts'
import { messageArbitrary, mutate, mutations } from './arbitraries.ts'
import { bytesField, MESSAGE, varintField } from './wire.ts'

const contract = loadContract()
const decodeEvent = createDecodeEvent(contract)
const RECEIVED_AT = 1_700_000_000_123

const rpcOf = (hook: HookPoint): RpcName => HOOKS.get(hook)?.rpc as RpcName
const encode = (hook: HookPoint, request: object, version: ContractVersion = 'v3'): Buffer =>
  methodOf(contract, version, rpcOf(hook)).requestSerialize(request)
const event = (hook: HookPoint, request: object, version: ContractVersion = 'v3') =>
  decodeEvent(hook, encode(hook, request, version), RECEIVED_AT)

const meta = { node: 'emqx@meta', version: '5.8.9', sysdescr: 'EMQX', cluster_name: 'emqxcl' }
const conninfo = {
  node: 'emqx@conn',
  clientid: 'lock-1',
  username: 'ann',
  peerhost: '10.0.0.1',
  sockport: 1883,
  proto_name: 'MQTT',
  proto_ver: '5',
  keepalive: 60,
  peerport: 50_123,
}
const clientinfo = {
  node: 'emqx@client',
  clientid: 'lock-1',
  username: 'ann',
  password: '',
  peerhost: '10.0.0.1',
  sockport: 1883,
  protocol: 'mqtt',
  mountpoint: 'mount/',
  is_superuser: true,
  anonymous: true,
  cn: 'lock-1.example',
  dn: 'CN=lock-1.example',
  peerport: 50_123,
}
const message = {
  node: 'emqx@message',
  id: '0006',
  qos: 1,
  from: 'publisher',
  topic: 'devices/1/state',
  payload: Buffer.from('payload'),
  timestamp: 1_574_753_026_269,
  headers: { username: 'bob', peerhost: '10.0.0.2', protocol: 'mqtt', allow_publish: 'true' },
}
const props = [{ name: 'Session-Expiry-Interval', value: '7200' }]
const user_props = [
  { name: 'k', value: '1' },
  { name: 'k', value: '2' },
]

const asConn = {
  receivedAtMs: RECEIVED_AT,
  node: 'emqx@conn',
  clientid: 'lock-1',
  username: 'ann',
  peerhost: '10.0.0.1',
  conninfo: { sockport: 1883, peerport: 50_123, protoName: 'MQTT', protoVer: '5', keepalive: 60 },
  props,
  userProps: user_props,
}
const asClient = {
  receivedAtMs: RECEIVED_AT,
  node: 'emqx@client',
  clientid: 'lock-1',
  username: 'ann',
  peerhost: '10.0.0.1',
  clientinfo: {
    protocol: 'mqtt',
    sockport: 1883,
    peerport: 50_123,
    mountpoint: 'mount/',
    isSuperuser: true,
    anonymous: true,
    cn: 'lock-1.example',
    dn: 'CN=lock-1.example',
  },
}
const asMessage = {
  topic: 'devices/1/state',
  message: {
    id: '0006',
    qos: 1,
    from: 'publisher',
    topic: 'devices/1/state',
    payload: Buffer.from('payload'),
    timestampMs: 1_574_753_026_269,
    headers: message.headers,
  },
}
const asPublisher = {
  receivedAtMs: RECEIVED_AT,
  node: 'emqx@message',
  clientid: 'publisher',
  username: 'bob',
  peerhost: '10.0.0.2',
  ...asMessage,
}
const subopts = { qos: 1, rh: 2, rap: 1, nl: 1 }
const topic_filters = [{ name: '$share/g/devices/+/state', subopts }, { name: 'a/b' }]
const asSubscription = {
  ...asClient,
  filters: [
    { name: '$share/g/devices/+/state', options: subopts },
    { name: 'a/b', options: { qos: 0, rh: 0, rap: 0, nl: 0 } },
  ],
  props,
  userProps: user_props,
}

/** For each hook: the request, and the event but for its hook. */
const cases: { readonly [H in HookPoint]: readonly [request: object, expected: object] } = {
  'client.connect': [{ conninfo, props, user_props, meta }, asConn],
  'client.connack': [
    { conninfo, result_code: 'success', props, user_props, meta },
    { ...asConn, resultCode: 'success' },
  ],
  'client.connected': [{ clientinfo, meta }, asClient],
  'client.disconnected': [
    { clientinfo, reason: 'normal', meta },
    { ...asClient, reason: 'normal' },
  ],
  'client.authenticate': [
    { clientinfo, result: true, meta },
    { ...asClient, result: true },
  ],
  'client.authorize': [
    { clientinfo, type: 'SUBSCRIBE', topic: 'a/+', result: true, meta },
    { ...asClient, action: 'subscribe', topic: 'a/+', result: true },
  ],
  'client.subscribe': [{ clientinfo, props, user_props, topic_filters, meta }, asSubscription],
  'client.unsubscribe': [{ clientinfo, props, user_props, topic_filters, meta }, asSubscription],
  'session.created': [{ clientinfo, meta }, asClient],
  'session.subscribed': [
    { clientinfo, topic: 'a/+', subopts, meta },
    { ...asClient, topic: 'a/+', options: subopts },
  ],
  'session.unsubscribed': [
    { clientinfo, topic: 'a/+', meta },
    { ...asClient, topic: 'a/+' },
  ],
  'session.resumed': [{ clientinfo, meta }, asClient],
  'session.discarded': [{ clientinfo, meta }, asClient],
  'session.takenover': [{ clientinfo, meta }, asClient],
  'session.terminated': [
    { clientinfo, reason: 'expired', meta },
    { ...asClient, reason: 'expired' },
  ],
  'message.publish': [
    { message, props, user_props, meta },
    { ...asPublisher, props, userProps: user_props },
  ],
  'message.delivered': [
    { clientinfo, message, meta },
    { ...asClient, ...asMessage, node: 'emqx@message' },
  ],
  'message.dropped': [
    { message, reason: 'no_subscribers', meta },
    { ...asPublisher, reason: 'no_subscribers' },
  ],
  'message.acked': [
    { clientinfo, message, meta },
    { ...asClient, ...asMessage, node: 'emqx@message' },
  ],
  'message.ingress': [
    { clientinfo, message, props, user_props, meta },
    { ...asClient, ...asMessage, node: 'emqx@message', props, userProps: user_props },
  ],
}
const hooks = [...HOOKS.keys()]

describe.each(hooks)('%s', (hook) => {
  const [request, expected] = cases[hook]

  it('decodes a v3 request', () => {
    expect(event(hook, request)).toEqual({ hook, ...expected })
  })

  it('decodes a v2 request, which has no user properties', () => {
    // v2 ends with EMQX 5.8, long before this hook.
    if (hook === 'message.ingress') return
    const without: Record<string, unknown> = { hook, ...expected }
    if ('userProps' in without) without.userProps = []
    if (hook === 'message.publish') without.props = []
    expect(event(hook, request, 'v2')).toEqual(without)
  })

  it('decodes an empty request to empty defaults', () => {
    const decoded = decodeEvent(hook, Buffer.alloc(0), RECEIVED_AT)
    expect(Object.keys(decoded).sort()).toEqual(Object.keys({ hook, ...expected }).sort())
    expect(decoded).toMatchObject({ hook, node: '', clientid: '', username: '', peerhost: '' })
  })

  it('takes the node of meta when no other is told', () => {
    expect(event(hook, { meta }).node).toBe('emqx@meta')
  })

  it('never holds the password', () => {
    const secret = 'pl4nted-s3cret'
    const planted = { ...request, clientinfo: { ...clientinfo, password: secret } }
    const body = encode(hook, planted)
    const decoded = decodeEvent(hook, body, RECEIVED_AT)
    const text = inspect(decoded, { depth: Infinity, showHidden: true, maxStringLength: null })
    expect(text).not.toContain(secret)
    expect(text).not.toContain('password')
    expect(JSON.stringify(decoded)).not.toContain(secret)
  })

  it('decodes any request, and calls broken bytes malformed', () => {
    const type = requestTypeOf(contract, rpcOf(hook)).name
    fc.assert(
      fc.property(messageArbitrary(contract, type), mutations, (any, changes) => {
        const body = encode(hook, any)
        expect(decodeEvent(hook, body, RECEIVED_AT).hook).toBe(hook)
        try {
          decodeEvent(hook, mutate(body, changes), RECEIVED_AT)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRequestError)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('what EMQX leaves out', () => {
  it('is no error: a will and a REST publish have no headers', () => {
    const { headers, ...will } = message
    const decoded = event('message.publish', { message: will, meta })
    expect(headers.username).toBe('bob')
    expect(decoded).toMatchObject({
      clientid: 'publisher',
      username: '',
      peerhost: '',
      message: { headers: {} },
    })
  })

  it('takes the publisher of message.ingress from the message when there is no clientinfo', () => {
    expect(event('message.ingress', { message })).toMatchObject({
      clientid: 'publisher',
      username: 'bob',
      peerhost: '10.0.0.2',
    })
  })

  it('takes the node of the client when the message has none', () => {
    expect(event('message.acked', { clientinfo, message: { topic: 't' }, meta }).node).toBe('emqx@client')
  })
})

describe('details', () => {
  it('reads the quality of service as EMQX before 5.4 sends it, beside the options', () => {
    const topic_filters = [{ name: 'a', qos: 2 }]
    expect(event('client.subscribe', { clientinfo, topic_filters }, 'v2')).toMatchObject({
      filters: [{ name: 'a', options: { qos: 2, rh: 0, rap: 0, nl: 0 } }],
    })
  })

  it('reads the options of session.subscribed as EMQX before 5.4 sends them', () => {
    const decoded = event('session.subscribed', { topic: 'a', subopts: { qos: 1, share: 'g', nl: 1 } }, 'v2')
    expect(decoded).toMatchObject({ topic: 'a', options: { qos: 1, rh: 0, rap: 0, nl: 1 } })
  })

  it('reads authorize of a publish', () => {
    expect(event('client.authorize', { type: 'PUBLISH' })).toMatchObject({ action: 'publish', result: false })
  })

  it('bounds a timestamp that no number can hold', () => {
    const body = bytesField(1, varintField(MESSAGE.timestamp, 2n ** 64n - 1n))
    expect(decodeEvent('message.publish', body, RECEIVED_AT)).toMatchObject({
      message: { timestampMs: Number.MAX_SAFE_INTEGER },
    })
  })

  it('gives the payload as a view of the request, not as a copy', () => {
    const body = encode('message.publish', { message })
    const decoded = decodeEvent('message.publish', body, RECEIVED_AT)
    expect('message' in decoded && decoded.message.payload.buffer === body.buffer).toBe(true)
  })

  it('leaves the password to the decoder, which passes over it', () => {
    const secret = 'pl4nted-s3cret'
    const body = encode('client.authenticate', { clientinfo: { ...clientinfo, password: secret } })
    expect(body.includes(secret)).toBe(true)
    const decoded = createDecoders(contract.types, NOT_DECODED)('ClientAuthenticateRequest')(body)
    expect(decoded).toMatchObject({ clientinfo: { clientid: 'lock-1', password: '' } })
    expect(inspect(decoded, { depth: Infinity, showHidden: true })).not.toContain(secret)
  })
})
