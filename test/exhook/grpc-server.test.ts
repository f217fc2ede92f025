import { Client, status } from '@grpc/grpc-js'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createGrpcServer } from '../../src/exhook/grpc-server.ts'
import { CONTRACT_VERSIONS, RPCS, type RpcRow } from '../../src/hooks.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { credentialsOf } from '../support/hook-client.ts'
import { quietLog } from '../support/quiet-log.ts'
import { createParts, EVERYTHING, publish, type Served, SMART_LOCK, serve, unbounded } from './served.ts'

const NOTHING = 'rules:\n  - hook: message.publish\n    topic: t\n    enabled: false\n'
const MIB = 1024 * 1024

const ended: Served[] = []
afterEach(() => {
  for (const served of ended.splice(0)) served.end()
})
async function serving(...options: Parameters<typeof serve>): Promise<Served> {
  const served = await serve(...options)
  ended.push(served)
  return served
}

const rows: readonly RpcRow[] = RPCS
const rpcs = CONTRACT_VERSIONS.flatMap((version) =>
  rows
    .filter((row) => row.only === undefined || row.only === version)
    .map((row) => ({
      version,
      rpc: row.rpc as (typeof RPCS)[number]['rpc'],
      reply: row.reply,
      hook: row.hook,
    })),
)
const bytesOf = { empty: '', valued: '0801', loaded: '' } as const

describe('every RPC', () => {
  let everything: Served
  let nothing: Served
  beforeAll(async () => {
    everything = await serve({ rules: EVERYTHING })
    nothing = await serve({ rules: NOTHING })
    return () => {
      everything.end()
      nothing.end()
    }
  })

  describe.each(rpcs)('$version $rpc', ({ version, rpc, reply, hook }) => {
    it('is answered when rules name its hook, without any OnProviderLoaded before it', async () => {
      const before = everything.intake.records.length
      const request = {
        clientinfo: { clientid: 'lock-1' },
        message: { topic: 't' },
        topic_filters: [{ name: 't' }],
      }
      const answer = await everything.client({ version }).call(rpc, request)
      expect(answer.status).toBe(status.OK)
      if (reply !== 'loaded') expect(answer.body?.toString('hex')).toBe(bytesOf[reply])
      expect(everything.intake.records.length - before).toBe(hook === null ? 0 : 1)
    })

    it('is answered when no rule names its hook', async () => {
      const answer = await nothing.client({ version }).call(rpc, {})
      expect(answer.status).toBe(status.OK)
      expect(answer.body?.toString('hex')).toBe(bytesOf[reply])
    })

    it('refuses a malformed request, and goes on', async () => {
      const client = everything.client({ version })
      const answer = await client.call(rpc, Buffer.of(0x0a, 0x7f, 0x01))
      expect(answer).toMatchObject({ status: status.INVALID_ARGUMENT, body: null })
      expect((await client.call(rpc, {})).status).toBe(status.OK)
    })
  })

  it('keeps the account balanced', () => {
    expect(balances(everything.ledger.snapshot())).toBe(true)
    expect(everything.ledger.snapshot()).toMatchObject({
      calls: 39 * 3,
      // Of the empty requests only the four subscriptions without a filter match nothing.
      matched: 39 + 35,
      unmatched: 4,
      refused: { malformed: 39 },
    })
    expect(balances(nothing.ledger.snapshot())).toBe(true)
  })
})

describe('the services', () => {
  it('tell EMQX the hooks of the rules', async () => {
    const served = await serving()
    const client = served.client({ version: 'v2' })
    const request = { broker: { version: '5.8.9' }, meta: { node: 'emqx@n1' } }
    const answer = await client.call('OnProviderLoaded', request)
    expect(client.decodeReply('OnProviderLoaded', answer.body as Buffer)).toEqual({
      hooks: [
        { name: 'message.publish', topics: ['devices/+/state'] },
        { name: 'message.acked', topics: ['devices/+/command'] },
      ],
    })
    expect(served.loads).toMatchObject([{ node: 'emqx@n1', version: '5.8.9', contract: 'v2' }])
  })

  it.each([
    '/emqx.exhook.v2.HookProvider/OnMessageIngress',
    '/emqx.exhook.v1.HookProvider/OnMessagePublish',
    '/x/y',
  ])('%s is unimplemented', async (path) => {
    const served = await serving()
    const client = new Client(`localhost:${served.port}`, credentialsOf(served.tls))
    const asIs = (bytes: Buffer) => bytes
    const code = await new Promise((resolve) => {
      client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), (error) => resolve(error?.code))
    })
    client.close()
    expect(code).toBe(status.UNIMPLEMENTED)
  })

  it('answer EMQX by the deadline even if nobody else does', async () => {
    const served = await serving()
    served.intake.next = 'held'
    const answer = await served
      .client()
      .call('OnMessagePublish', publish('devices/1/state'), { deadlineMs: 100 })
    expect(answer.status).toBe(status.DEADLINE_EXCEEDED)
  })

  it('tell an overloaded call so at once', async () => {
    const served = await serving()
    served.intake.next = 'overloaded'
    const answer = await served.client().call('OnMessagePublish', publish('devices/1/state'))
    expect(answer).toMatchObject({
      status: status.RESOURCE_EXHAUSTED,
      details: 'too many calls wait for Kafka, try later',
    })
  })
})

describe('large requests', () => {
  it('are taken up to the limit', async () => {
    const served = await serving({ maxReceiveBytes: 11 * MIB })
    const payload = Buffer.alloc(10 * MIB, 7)
    const answer = await served.client().call('OnMessagePublish', publish('devices/1/state', { payload }))
    expect(answer.status).toBe(status.OK)
    const { value } = served.intake.records[0] as { value: Buffer }
    const record = JSON.parse(value.toString()) as { payload: string }
    expect(Buffer.from(record.payload, 'base64').equals(payload)).toBe(true)
  })

  it('are refused above it, and nobody else is', async () => {
    const served = await serving({ maxReceiveBytes: 64 * 1024 })
    const client = served.client({ connections: 1 })
    const small = Buffer.alloc(100)
    const others = () => client.call('OnMessagePublish', publish('devices/1/state', { payload: small }))
    const answers = await Promise.all([
      others(),
      client.call('OnMessagePublish', publish('devices/1/state', { payload: Buffer.alloc(MIB) })),
      others(),
      others(),
    ])
    expect(answers.map((answer) => answer.status)).toEqual([
      status.OK,
      status.RESOURCE_EXHAUSTED,
      status.OK,
      status.OK,
    ])
    expect((await others()).status).toBe(status.OK)
  })
})

describe('start', () => {
  const config = (port: number, host = '127.0.0.1') => ({
    host,
    port,
    maxReceiveBytes: MIB,
    maxConnections: 10,
    replyMarginMs: 500,
  })
  const { handler } = createParts(SMART_LOCK)

  it('says which port is taken', async () => {
    const served = await serving()
    const second = createGrpcServer(config(served.port), { handler, budget: unbounded(), log: quietLog })
    await expect(second.start()).rejects.toThrow(
      `cannot listen on 127.0.0.1 port ${served.port} for gRPC: another process listens there`,
    )
    await second.stop()
  })

  it('says which address this machine does not have', async () => {
    const server = createGrpcServer(config(0, '203.0.113.7'), { handler, budget: unbounded(), log: quietLog })
    await expect(server.start()).rejects.toThrow('this machine has no such address')
  })

  it('does not come after stop', async () => {
    const server = createGrpcServer(config(0), { handler, budget: unbounded(), log: quietLog })
    await server.stop()
    await server.stop()
    await expect(server.start()).rejects.toThrow('cannot start again')
  })
})
