import { describe, expect, it } from 'vitest'
import { loadContract, serviceMistakes, serviceName, typeMistakes } from '../../src/events/contract.ts'
import { CONTRACT_VERSIONS, RPCS, type RpcRow } from '../../src/hooks.ts'

const contract = loadContract()

/** The numbers of EMQX's contract, written down once more: protos/ is checked against them. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ProviderLoadedRequest: { broker: 1, meta: 2 },
  ProviderUnloadedRequest: { meta: 1 },
  ClientConnectRequest: { conninfo: 1, props: 2, meta: 3, user_props: 4 },
  ClientConnackRequest: { conninfo: 1, result_code: 2, props: 3, meta: 4, user_props: 5 },
  ClientConnectedRequest: { clientinfo: 1, meta: 2 },
  ClientDisconnectedRequest: { clientinfo: 1, reason: 2, meta: 3 },
  ClientAuthenticateRequest: { clientinfo: 1, result: 2, meta: 3 },
  ClientAuthorizeRequest: { clientinfo: 1, type: 2, topic: 3, result: 4, meta: 5 },
  ClientSubscribeRequest: { clientinfo: 1, props: 2, topic_filters: 3, meta: 4, user_props: 5 },
  ClientUnsubscribeRequest: { clientinfo: 1, props: 2, topic_filters: 3, meta: 4, user_props: 5 },
  SessionCreatedRequest: { clientinfo: 1, meta: 2 },
  SessionSubscribedRequest: { clientinfo: 1, topic: 2, subopts: 3, meta: 4 },
  SessionUnsubscribedRequest: { clientinfo: 1, topic: 2, meta: 3 },
  SessionResumedRequest: { clientinfo: 1, meta: 2 },
  SessionDiscardedRequest: { clientinfo: 1, meta: 2 },
  SessionTakenoverRequest: { clientinfo: 1, meta: 2 },
  SessionTerminatedRequest: { clientinfo: 1, reason: 2, meta: 3 },
  MessagePublishRequest: { message: 1, meta: 2, props: 3, user_props: 4 },
  MessageDeliveredRequest: { clientinfo: 1, message: 2, meta: 3 },
  MessageDroppedRequest: { message: 1, reason: 2, meta: 3 },
  MessageAckedRequest: { clientinfo: 1, message: 2, meta: 3 },
  MessageIngressRequest: { clientinfo: 1, message: 2, meta: 3, props: 4, user_props: 5 },
  LoadedResponse: { hooks: 1 },
  HookSpec: { name: 1, topics: 2 },
  ValuedResponse: { type: 1, bool_result: 3, message: 4 },
  EmptySuccess: {},
  BrokerInfo: { version: 1, sysdescr: 2, uptime: 3, datetime: 4 },
  RequestMeta: { node: 1, version: 2, sysdescr: 3, cluster_name: 4 },
  ConnInfo: {
    node: 1,
    clientid: 2,
    username: 3,
    peerhost: 4,
    sockport: 5,
    proto_name: 6,
    proto_ver: 7,
    keepalive: 8,
    peerport: 9,
  },
  ClientInfo: {
    node: 1,
    clientid: 2,
    username: 3,
    password: 4,
    peerhost: 5,
    sockport: 6,
    protocol: 7,
    mountpoint: 8,
    is_superuser: 9,
    anonymous: 10,
    cn: 11,
    dn: 12,
    peerport: 13,
  },
  Message: { node: 1, id: 2, qos: 3, from: 4, topic: 5, payload: 6, timestamp: 7, headers: 8 },
  Property: { name: 1, value: 2 },
  TopicFilter: { name: 1, qos: 2, subopts: 3 },
  SubOpts: { qos: 1, share: 2, rh: 3, rap: 4, nl: 5 },
}

describe('the contract', () => {
  it('has the field numbers of EMQX', () => {
    const numbers = [...contract.types].map(([name, type]) => [
      name,
      Object.fromEntries(type.field.map((field) => [field.name, field.number])),
    ])
    expect(Object.fromEntries(numbers)).toEqual(NUMBERS)
  })

  it('has 21 RPCs in v2 and 22 in v3, at the paths that EMQX calls', () => {
    expect(Object.keys(contract.services.v2)).toHaveLength(21)
    expect(Object.keys(contract.services.v3)).toHaveLength(22)
    for (const version of CONTRACT_VERSIONS) {
      expect(contract.services[version].OnMessagePublish?.path).toBe(
        `/emqx.exhook.${version}.HookProvider/OnMessagePublish`,
      )
    }
    expect(serviceName('v2')).toBe('emqx.exhook.v2.HookProvider')
  })
})

describe('the check against the table of hooks', () => {
  const { v2, v3 } = contract.services

  it('finds nothing in the real ones', () => {
    expect(serviceMistakes('v2', v2)).toEqual([])
    expect(serviceMistakes('v3', v3)).toEqual([])
  })

  it('finds an RPC that the table does not have', () => {
    const table = RPCS.filter((row) => row.rpc !== 'OnMessageAcked')
    expect(serviceMistakes('v3', v3, table)).toEqual(['v3 OnMessageAcked is not in the table of hooks'])
  })

  it('finds an RPC that the service does not have', () => {
    const extra: RpcRow = { rpc: 'OnMessageLost', hook: 'message.lost', reply: 'empty', topic: 'none' }
    expect(serviceMistakes('v2', v2, [...RPCS, extra])).toEqual(['v2 OnMessageLost is missing'])
  })

  it('finds a row of the wrong reply kind', () => {
    const table = RPCS.map((row) =>
      row.rpc === 'OnMessageAcked' ? { ...row, reply: 'valued' as const } : row,
    )
    expect(serviceMistakes('v2', v2, table)).toEqual(['v2 OnMessageAcked returns EmptySuccess'])
  })

  it('finds a missing service and an RPC that streams', () => {
    expect(serviceMistakes('v3', undefined)).toEqual(['emqx.exhook.v3.HookProvider is missing'])
    const method = v3.OnMessageAcked
    if (method === undefined) throw new Error('no OnMessageAcked')
    const streaming = { ...v3, OnMessageAcked: { ...method, requestStream: true } }
    expect(serviceMistakes('v3', streaming)).toEqual(['v3 OnMessageAcked is not unary'])
  })

  it('finds a field that the newer types read in another way', () => {
    const [message] = [...contract.types.values()].filter((type) => type.name === 'Message')
    if (message === undefined) throw new Error('no Message')
    const moved = {
      ...message,
      field: message.field.map((f) => (f.name === 'qos' ? { ...f, number: 9 } : f)),
    }
    expect(typeMistakes(new Map([['Message', message]]), new Map([['Message', moved]]))).toEqual([
      'v3 has no Message.qos = 3 as v2 has it',
    ])
  })
})
