import { describe, expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { createHookHandler } from '../../src/exhook/hook-handler.ts'
import { type HookReply, STATUS } from '../../src/exhook/replies.ts'
import { RPCS, type RpcName, type RpcRow } from '../../src/hooks.ts'
import type { RecordIntake } from '../../src/queue/record-queue.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { DEFAULT_POLICY } from '../../src/rules/policy.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { contract, createParts, EVERYTHING, publish, SMART_LOCK } from './served.ts'

const rowOf = (rpc: RpcName): RpcRow => RPCS.find((row) => row.rpc === rpc) as RpcRow
const encode = (rpc: RpcName, request: object) => methodOf(contract, 'v3', rpc).requestSerialize(request)
const IGNORE = Buffer.of(0x08, 0x01)
const inMs = (ms: number): number => Date.now() + ms

function handling(rulesText = SMART_LOCK) {
  const parts = createParts(rulesText)
  const replies: HookReply[] = []
  return {
    ...parts,
    got: replies,
    call(rpc: RpcName, body: Buffer, deadlineMs = inMs(5000)) {
      parts.handler.rpc(rowOf(rpc), 'v3')(body, deadlineMs, (reply) => void replies.push(reply))
    },
    counts() {
      const snapshot = parts.ledger.snapshot()
      expect(balances(snapshot)).toBe(true)
      const { calls, matched, unmatched, refused } = snapshot
      return { calls, matched, unmatched, refused: Object.values(refused).reduce((sum, n) => sum + n) }
    },
  }
}

describe('a call that matches', () => {
  it('is offered whole, answered when it is queued, and counted', () => {
    const { call, got, intake, counts, replies } = handling()
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state')))
    expect(got).toEqual([{ body: IGNORE }])
    expect(intake.records).toHaveLength(1)
    expect(intake.records[0]).toMatchObject({ topic: 'message_state', timestampMs: 1_574_753_026_269 })
    expect(counts()).toEqual({ calls: 1, matched: 1, unmatched: 0, refused: 0 })
    expect(replies).toEqual([{ hook: 'message.publish', seconds: expect.any(Number) }])
    expect(replies[0]?.seconds).toBeLessThan(1)
  })

  it('waits for room, and is counted only when the outcome is known', () => {
    const { call, got, intake, counts } = handling()
    intake.next = 'held'
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state')))
    expect(got).toEqual([])
    expect(counts().calls).toBe(0)
    intake.release('dropped')
    expect(got).toEqual([{ body: IGNORE }])
    expect(counts()).toMatchObject({ calls: 1, matched: 1 })
  })

  it('is refused when too many wait already', () => {
    const { call, got, intake, counts, ledger } = handling()
    intake.next = 'overloaded'
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state')))
    expect(got).toEqual([
      { body: null, status: STATUS.resourceExhausted, message: 'too many calls wait for Kafka, try later' },
    ])
    expect(counts()).toEqual({ calls: 1, matched: 0, unmatched: 0, refused: 1 })
    expect(ledger.snapshot().refused.overloaded).toBe(1)
  })

  it('is answered once, however often the intake tells an outcome', () => {
    const { ledger, log } = createParts(SMART_LOCK)
    const intake: RecordIntake = {
      offer(_records, _options, done) {
        done('queued')
        done('overloaded')
      },
    }
    const rules = parseRules(SMART_LOCK, 'rules.yaml')
    const handler = createHookHandler(
      { replyMarginMs: 500 },
      { contract, rules: () => rules, intake, ledger, log },
    )
    const replies: HookReply[] = []
    const body = encode('OnMessagePublish', publish('devices/1/state'))
    handler.rpc(rowOf('OnMessagePublish'), 'v3')(body, inMs(5000), (reply) => void replies.push(reply))
    expect(replies).toEqual([{ body: IGNORE }])
    expect(ledger.snapshot()).toMatchObject({ calls: 1, matched: 1 })
  })
})

describe('a record whose rule finds no Kafka topic', () => {
  const TEMPLATE = `rules:
  - {hook: message.publish, topic: 'v.\${payload.type}', allow: ['v.*'], format: protobuf}
`
  const publishOf = (payload: string) =>
    encode('OnMessagePublish', publish('devices/1', { payload: Buffer.from(payload) }))

  it('is taken and dropped on the account where there are no dead letters, and its call has matched', () => {
    const { call, got, intake, counts, ledger } = handling(TEMPLATE)
    call('OnMessagePublish', publishOf('{}'))
    call('OnMessagePublish', publishOf('{"type":"car"}'))
    expect(got).toEqual([{ body: IGNORE }, { body: IGNORE }])
    expect(intake.records.map(({ topic }) => topic)).toEqual(['v.car'])
    expect(counts()).toEqual({ calls: 2, matched: 2, unmatched: 0, refused: 0 })
    expect(ledger.snapshot()).toMatchObject({ records: 1, dropped: { no_topic: 1 } })
  })

  it('has the bytes of its call, in a copy', () => {
    const { call, intake } = handling(TEMPLATE)
    const body = publishOf('{"type":"car"}')
    call('OnMessagePublish', body)
    expect(intake.records[0]?.value.equals(body)).toBe(true)
    expect(intake.records[0]?.value).not.toBe(body)
  })
})

describe('a message that is rejected', () => {
  const REJECTING = `rules:
  - hook: [message.publish, message.ingress]
    topic: t
    overflow: reject
`
  const decode = (rpc: RpcName, reply: HookReply | undefined) =>
    methodOf(contract, 'v3', rpc).responseDeserialize(reply?.body ?? Buffer.alloc(0))

  it('goes back whole, with allow_publish false, as STOP_AND_RETURN', () => {
    const { call, got, intake, counts } = handling(REJECTING)
    intake.next = 'rejected'
    const request = publish('devices/1/state', { payload: Buffer.from([0, 255, 1]), qos: 2 })
    call('OnMessagePublish', encode('OnMessagePublish', request))
    expect(decode('OnMessagePublish', got[0])).toMatchObject({
      type: 'STOP_AND_RETURN',
      message: {
        topic: 'devices/1/state',
        qos: 2,
        payload: Buffer.from([0, 255, 1]),
        timestamp: '1574753026269',
        headers: { allow_publish: 'false' },
      },
    })
    expect(counts()).toEqual({ calls: 1, matched: 1, unmatched: 0, refused: 0 })
  })

  it('at ingress is answered with false', () => {
    const { call, got, intake } = handling(REJECTING)
    intake.next = 'rejected'
    call('OnMessageIngress', encode('OnMessageIngress', publish('devices/1/state')))
    expect(decode('OnMessageIngress', got[0])).toMatchObject({
      type: 'STOP_AND_RETURN',
      bool_result: false,
      value: 'bool_result',
    })
  })
})

describe('how long a call may wait', () => {
  it.each([1, 2])('QoS %i waits until the margin before its deadline', (qos) => {
    const { call, intake } = handling()
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state', { qos })), inMs(3000))
    expect(intake.options[0]?.policy.overflow).toBe('wait')
    expect(intake.options[0]?.waitMs).toBeGreaterThan(2400)
    expect(intake.options[0]?.waitMs).toBeLessThanOrEqual(2500)
  })

  it('assumes 5 s when no deadline is told', () => {
    const { call, intake } = handling()
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state')), Number.POSITIVE_INFINITY)
    expect(intake.options[0]).toEqual({ policy: { ...DEFAULT_POLICY, overflow: 'wait' }, waitMs: 4500 })
  })

  it('does not wait when the margin is all there is', () => {
    const { call, intake } = handling()
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state')), inMs(300))
    expect(intake.options[0]?.waitMs).toBeLessThanOrEqual(0)
  })

  it('QoS 0 and hooks without a message do not wait', () => {
    const { call, intake } = handling(EVERYTHING)
    call('OnMessagePublish', encode('OnMessagePublish', publish('devices/1/state', { qos: 0 })))
    call('OnClientConnected', encode('OnClientConnected', { clientinfo: { clientid: 'lock-1' } }))
    expect(intake.options.map(({ policy }) => policy.overflow)).toEqual(['drop-newest', 'drop-newest'])
  })
})

describe('a call that matches nothing', () => {
  it.each([
    ['its hook', 'OnMessageDelivered', { message: { topic: 'devices/1/state' } }],
    ['its topic', 'OnMessagePublish', publish('devices/1/other')],
    ['the topic of another hook', 'OnMessageAcked', { message: { topic: 'devices/1/state' } }],
    ['no topic at all', 'OnMessagePublish', {}],
  ] as const)('is answered and counted as unmatched: %s', (_, rpc, request) => {
    const { call, got, intake, counts } = handling()
    call(rpc, encode(rpc, request))
    expect(got).toEqual([{ body: rpc === 'OnMessagePublish' ? IGNORE : Buffer.alloc(0) }])
    expect(intake.records).toEqual([])
    expect(counts()).toEqual({ calls: 1, matched: 0, unmatched: 1, refused: 0 })
  })

  it('is not decoded when no rule names its hook', () => {
    const { call, got, counts } = handling()
    call('OnMessageDelivered', Buffer.of(0xff))
    expect(got).toEqual([{ body: Buffer.alloc(0) }])
    expect(counts().unmatched).toBe(1)
  })

  it('matches subscriptions filter by filter', () => {
    const rules = 'rules:\n  - hook: client.subscribe\n    filter: devices/#\n    topic: subscriptions\n'
    const { call, intake, counts } = handling(rules)
    const subscribe = (...names: string[]) =>
      encode('OnClientSubscribe', { topic_filters: names.map((name) => ({ name })) })
    call('OnClientSubscribe', subscribe('other/1', 'another'))
    call('OnClientSubscribe', subscribe('other/1', '$share/g/devices/1', 'devices/2'))
    expect(intake.records).toHaveLength(2)
    expect(counts()).toEqual({ calls: 2, matched: 1, unmatched: 1, refused: 0 })
  })
})

describe('a call that fails', () => {
  it('is malformed: INVALID_ARGUMENT, counted, told once', () => {
    const { call, got, counts, lines, ledger } = handling()
    for (let i = 0; i < 3; i++) call('OnMessagePublish', Buffer.of(0x0a, 0x7f))
    expect(got[0]).toMatchObject({ body: null, status: STATUS.invalidArgument })
    expect(counts()).toEqual({ calls: 3, matched: 0, unmatched: 0, refused: 3 })
    expect(ledger.snapshot().refused.malformed).toBe(3)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ level: 40, rpc: 'OnMessagePublish' })
  })

  it('throws: INTERNAL, counted, logged without the message of the error, and the next call is served', () => {
    const { call, got, intake, counts, lines, ledger } = handling()
    const body = encode('OnMessagePublish', publish('devices/1/state'))
    intake.next = 'throws'
    call('OnMessagePublish', body)
    intake.next = 'queued'
    call('OnMessagePublish', body)
    expect(got).toEqual([expect.objectContaining({ status: STATUS.internal }), { body: IGNORE }])
    expect(counts()).toMatchObject({ calls: 2, matched: 1, refused: 1 })
    expect(ledger.snapshot().refused.internal).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ level: 50, rpc: 'OnMessagePublish', error: 'TypeError' })
    expect(lines[0]?.at).toEqual(expect.arrayContaining([expect.stringMatching(/^at /)]))
    expect(JSON.stringify(lines)).not.toContain('s3cret')
  })

  it('is counted once when its reply cannot be sent', () => {
    const { handler, counts, lines } = handling()
    const body = encode('OnMessagePublish', publish('devices/1/state'))
    let replies = 0
    handler.rpc(rowOf('OnMessagePublish'), 'v3')(body, inMs(5000), () => {
      replies++
      throw new Error('connection gone')
    })
    expect(replies).toBe(1)
    expect(counts()).toMatchObject({ calls: 1, matched: 1 })
    expect(lines[0]).toMatchObject({ level: 50, error: 'Error' })
  })
})

describe('the rules', () => {
  it('are those in force when the call comes', () => {
    const { intake, ledger, log } = createParts(SMART_LOCK)
    let rules = parseRules(SMART_LOCK, 'rules.yaml')
    const handler = createHookHandler(
      { replyMarginMs: 500 },
      { contract, rules: () => rules, intake, ledger, log },
    )
    const handle = handler.rpc(rowOf('OnMessagePublish'), 'v2')
    const body = encode('OnMessagePublish', publish('rooms/1'))
    handle(body, inMs(5000), () => {})
    rules = parseRules('rules:\n  - hook: message.publish\n    topic: all\n', 'rules.yaml')
    handle(body, inMs(5000), () => {})
    expect(intake.records.map((record) => record.topic)).toEqual(['all'])
  })
})

describe('the calls about the provider', () => {
  const loadedRequest = {
    broker: { version: '5.8.9', sysdescr: 'EMQX', uptime: 1 },
    meta: { node: 'emqx@n1' },
  }

  it('OnProviderLoaded tells the hooks of the rules, and says so in one line', () => {
    const { call, got, lines, loads, counts } = handling(SMART_LOCK)
    call('OnProviderLoaded', encode('OnProviderLoaded', loadedRequest))
    const hooks = [
      { name: 'message.publish', topics: ['devices/+/state'] },
      { name: 'message.acked', topics: ['devices/+/command'] },
    ]
    const reply = got[0]?.body
    if (!reply) throw new Error('no reply')
    expect(methodOf(contract, 'v3', 'OnProviderLoaded').responseDeserialize(reply)).toEqual({ hooks })
    expect(loads).toEqual([{ node: 'emqx@n1', version: '5.8.9', contract: 'v3', hooks }])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 30,
      msg: 'EMQX node emqx@n1 loaded this provider with 2 hooks',
      node: 'emqx@n1',
      emqx: '5.8.9',
      contract: 'v3',
      hooks,
      leftOut: [],
    })
    // They are no hook calls.
    expect(counts().calls).toBe(0)
  })

  it('warns of each hook that is left out', () => {
    const { call, lines } = handling(EVERYTHING)
    call('OnProviderLoaded', encode('OnProviderLoaded', loadedRequest))
    expect(lines.map((line) => line.level)).toEqual([40, 40, 30])
    expect(lines[0]?.msg).toContain(
      'client.authenticate was left out although a rule names it: EMQX before 5.9',
    )
  })

  it('OnProviderUnloaded is answered and logged', () => {
    const { call, got, lines } = handling()
    call('OnProviderUnloaded', encode('OnProviderUnloaded', { meta: { node: 'emqx@n1' } }))
    expect(got).toEqual([{ body: Buffer.alloc(0) }])
    expect(lines.map((line) => line.msg)).toEqual(['EMQX node emqx@n1 unloaded this provider'])
  })

  it.each(['OnProviderLoaded', 'OnProviderUnloaded'] as const)('a malformed %s is refused', (rpc) => {
    const { call, got, loads } = handling()
    call(rpc, Buffer.of(0x0a, 0x7f))
    expect(got).toEqual([expect.objectContaining({ status: STATUS.invalidArgument })])
    expect(loads).toEqual([])
  })
})
