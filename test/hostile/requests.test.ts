import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { methodOf, requestTypeOf } from '../../src/events/contract.ts'
import { createDecodeEvent } from '../../src/events/decode-event.ts'
import type { HookReply } from '../../src/exhook/replies.ts'
import {
  CONTRACT_VERSIONS,
  type ContractVersion,
  type HookPoint,
  RPCS,
  type RpcRow,
} from '../../src/hooks.ts'
import { balances } from '../../src/telemetry/ledger.ts'
import { messageArbitrary } from '../events/arbitraries.ts'
import { contract, createParts } from '../exhook/served.ts'
import { check, REQUESTS } from './corpus.ts'
import { cpuMs } from './cpu-time.ts'
import { HOSTILE_RULES, recordProblem } from './hostile-rules.ts'
import { expectNothingPolluted } from './pollution.ts'
import { hostileBody } from './wire-mutations.ts'

const parts = createParts(HOSTILE_RULES)
const decodeEvent = createDecodeEvent(contract)
/** For each RPC of each version. More by hand: `HOSTILE_RUNS=10000 npx vitest run test/hostile/requests.test.ts`. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 150)
/** Of time on the CPU; nothing here takes more than a few ms of an idle one. */
const MAX_MS = 2_000

/** Sends a body to the seam, and holds what came of it to what is promised of every call. */
function send(row: RpcRow, version: ContractVersion, body: Buffer): HookReply {
  const replies: HookReply[] = []
  parts.intake.records.length = 0
  parts.intake.options.length = 0
  const calls = parts.ledger.snapshot().calls
  const started = cpuMs()
  parts.handler.rpc(row, version)(Buffer.from(body), Date.now() + 5000, (reply) => void replies.push(reply))
  expect(cpuMs() - started).toBeLessThan(MAX_MS)
  expect(replies).toHaveLength(1)
  const [reply] = replies as [HookReply]
  expectReply(row, version, reply)
  expect(parts.ledger.snapshot().calls - calls).toBe(row.hook === null ? 0 : 1)
  expect(balancesWithIntake()).toBe(true)
  for (const record of parts.intake.records) {
    expect(recordProblem(record)).toBeNull()
    if (record.topic === 'protobuf') decodeEvent(row.hook as HookPoint, record.value, 0)
  }
  return reply
}

/** The test's intake does not count what it takes, as the queue does. */
const balancesWithIntake = (): boolean => balances(parts.ledger.snapshot())

/** A normal reply of the RPC's type, or INVALID_ARGUMENT: anything else would be a fault of ours. */
function expectReply(row: RpcRow, version: ContractVersion, reply: HookReply): void {
  if (reply.body === null) expect(reply.status).toBe(3)
  else methodOf(contract, version, row.rpc).responseDeserialize(reply.body)
}

const calls = CONTRACT_VERSIONS.flatMap((version) =>
  RPCS.filter((row: RpcRow) => row.only === undefined || row.only === version).map(
    (row: RpcRow) => [`${row.rpc} of ${version}`, row, version] as const,
  ),
)

describe('the corpus', () => {
  it.each(REQUESTS.map((entry) => [entry.what, entry] as const))('%s', (_, { rpc, version, body }) => {
    const row = RPCS.find((one) => one.rpc === rpc) as RpcRow
    send(row, version, Buffer.from(body, 'base64'))
    expectNothingPolluted()
  })
})

describe('a message that is sent back, as nobody may receive it', () => {
  const rejecting = createParts(
    'rules: [{hook: [message.publish, message.ingress], topic: t, reply: delivered, on_timeout: reject}]',
  )
  rejecting.intake.next = 'rejected'

  it.each(['OnMessagePublish', 'OnMessageIngress'] as const)('%s: is a reply that EMQX can read', (rpc) => {
    const method = methodOf(contract, 'v3', rpc)
    const row = RPCS.find((one) => one.rpc === rpc) as RpcRow
    const valid = messageArbitrary(contract, requestTypeOf(contract, rpc).name).map(method.requestSerialize)
    const property = fc.property(hostileBody(valid), (body) => {
      const replies: HookReply[] = []
      rejecting.handler.rpc(row, 'v3')(body, Date.now() + 5000, (reply) => void replies.push(reply))
      expect(replies).toHaveLength(1)
      const [reply] = replies as [HookReply]
      if (reply.body === null) expect(reply.status).toBe(3)
      else expect(method.responseDeserialize(reply.body)).toMatchObject({ type: 'STOP_AND_RETURN' })
    })
    check(`rejected ${rpc}`, property, RUNS)
    expect(rejecting.ledger.snapshot().refused.internal).toBe(0)
    expectNothingPolluted()
  })
})

describe('mutated requests', () => {
  it.each(calls)('%s: answered once, counted, and no record is malformed', (name, row, version) => {
    const method = methodOf(contract, version, row.rpc)
    const valid = messageArbitrary(contract, requestTypeOf(contract, row.rpc).name).map(
      method.requestSerialize,
    )
    check(
      name,
      fc.property(hostileBody(valid), (body) => void send(row, version, body)),
      RUNS,
    )
    expectNothingPolluted()
  })

  it('were taken and refused in numbers, and leave no fault of ours in the log', () => {
    const { matched, refused, dropped, records } = parts.ledger.snapshot()
    expect(matched).toBeGreaterThan(1000)
    expect(refused.malformed).toBeGreaterThan(1000)
    expect(refused.internal + dropped.larger_than_queue).toBe(0)
    // Of the test's intake only those without a topic are counted.
    expect(records).toBe(dropped.no_topic)
    expect(parts.lines.filter(({ level }) => level >= 50)).toEqual([])
  })
})
