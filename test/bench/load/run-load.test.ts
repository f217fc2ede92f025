import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hookCalls } from '../../../bench/load/hook-calls.ts'
import { type LoadProgram, loadProgram, NODE_LOAD, runLoad } from '../../../bench/load/run-load.ts'
import { createOrderCheck } from '../../../bench/measure/order-check.ts'
import { EVERYTHING, type Served, serve } from '../../exhook/served.ts'

const programs: Record<string, LoadProgram> = { Node: NODE_LOAD }
beforeAll(async () => {
  programs.Go = await loadProgram()
}, 250_000)

let served: Served
afterEach(() => served.end())

const load = async (program: string, mix: 'publish' | 'mix', version: 'v2' | 'v3', more: object) =>
  runLoad(programs[program] as LoadProgram, {
    ...{ port: served.port, connections: 8, clients: 50, prefix: 'p1-' },
    calls: hookCalls({ mix, version, prefix: 'p1-', topicPrefix: 'devices' }),
    ...{ rate: 0, warmUpMs: 100, measureMs: 300 },
    ...more,
  })

/** What the order check makes of the records that the server was offered. */
function verdict(answered: number) {
  const check = createOrderCheck()
  for (const { key, value } of served.intake.records) check.add(key?.toString() ?? null, value, 0)
  return check.verdict(answered)
}

const whole = (answered: number) => ({
  ...{ answered, found: answered, missing: 0, doubled: 0, outOfOrder: 0, astray: 0 },
})

describe.each(['Go', 'Node'])('the load program in %s', (name) => {
  it.each(['lean', 'grpc-js'] as const)(
    'calls in a closed loop, each client in order: %s',
    async (transport) => {
      served = await serve({ server: transport, rules: EVERYTHING })
      const phases: string[] = []
      const program = programs[name] as LoadProgram
      const plan = { port: served.port, connections: 8, clients: 50, prefix: 'p1-', rate: 0 }
      const calls = hookCalls({ mix: 'publish', version: 'v2', prefix: 'p1-', topicPrefix: 'devices' })
      const result = await runLoad(program, { ...plan, calls, warmUpMs: 100, measureMs: 300 }, (phase) =>
        phases.push(phase),
      )
      expect(phases).toEqual(['begin', 'end'])
      expect(result).toMatchObject({ failed: 0, firstFailure: '', answered: result.sent, lateUs: [] })
      expect(result.measured).toBeGreaterThan(50)
      expect(result.answered).toBeGreaterThanOrEqual(result.measured)
      expect(result.latencyUs.reduce((sum, [, count]) => sum + count, 0)).toBe(result.measured)
      expect(verdict(result.answered)).toEqual(whole(result.answered))
      expect(new Set(served.intake.records.map(({ key }) => key?.toString())).size).toBe(50)
    },
  )

  it('calls every hook of the mix, in the other version too', async () => {
    served = await serve({ server: 'lean', rules: EVERYTHING })
    const result = await load(name, 'mix', 'v3', {})
    expect(result.failed).toBe(0)
    expect(verdict(result.answered)).toEqual(whole(result.answered))
    expect(new Set(served.intake.records.map(({ headers }) => String(headers['emqx-event'])))).toEqual(
      new Set([
        ...['message.publish', 'message.delivered', 'message.acked'],
        ...['client.connected', 'client.disconnected'],
      ]),
    )
  })

  it('calls at a rate in an open loop', async () => {
    served = await serve({ server: 'lean', rules: EVERYTHING })
    const result = await load(name, 'publish', 'v2', { rate: 500 })
    // 400 ms of calls, each when it is due; none before and none after.
    expect(result).toMatchObject({ sent: 200, answered: 200, failed: 0 })
    for (const times of [result.latencyUs, result.lateUs])
      expect(times.reduce((sum, [, count]) => sum + count, 0)).toBe(150)
    expect(verdict(200)).toEqual(whole(200))
  })

  it('counts the latency of an open loop from when a call was due, though its client had to wait', async () => {
    served = await serve({ server: 'lean', rules: EVERYTHING })
    served.intake.next = 'held'
    // One client, a call each 20 ms: the first is held past the end, and all others with it.
    const loading = load(name, 'publish', 'v2', { rate: 50, clients: 1, warmUpMs: 0, measureMs: 200 })
    while (served.intake.held === 0) await sleep(5)
    await sleep(300)
    served.intake.next = 'queued'
    served.intake.release('queued')
    const result = await loading
    expect(result).toMatchObject({ answered: 10, failed: 0 })
    expect(result.latencyUs[0]?.[0]).toBeGreaterThan(100_000)
    expect(result.latencyUs.at(-1)?.[0]).toBeGreaterThan((result.latencyUs[0]?.[0] ?? 0) + 100_000)
  })

  it('tells calls that fail from those that are answered', async () => {
    served = await serve({ server: 'lean', rules: EVERYTHING })
    served.intake.next = 'throws'
    const result = await load(name, 'publish', 'v2', { rate: 200 })
    expect(result.answered).toBe(0)
    expect(result.failed).toBe(result.sent)
    expect(result.firstFailure).not.toBe('')
  })
})
