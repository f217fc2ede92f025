import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { methodOf } from '../../../src/events/contract.ts'
import { goProgram } from '../../support/go-programs.ts'
import { pythonWithGrpc } from '../../support/python-program.ts'
import { contract, publish, type Served, type ServerKind, serve } from '../served.ts'

/** What the clients of `test/peers` take on their standard input. */
interface Wanted {
  readonly address: string
  readonly method: string
  /** base64 */
  readonly request: string
  readonly calls: number
  readonly atOnce: number
  readonly timeoutMs: number
}

interface Outcome {
  readonly replies: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
}

const PYTHON_CLIENT = join(import.meta.dirname, '..', '..', 'peers', 'grpc-python', 'client.py')
const commands: Record<string, readonly string[]> = {}
beforeAll(async () => {
  commands['grpc-go'] = [await goProgram('grpc-go-client')]
  commands.grpcio = [await pythonWithGrpc(), PYTHON_CLIENT]
}, 500_000)

let served: Served
afterEach(() => served.end())

async function call(client: string, wanted: Partial<Wanted>): Promise<Outcome> {
  const [program, ...words] = commands[client] as [string, ...string[]]
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const request = Buffer.from(
    methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(publish('devices/1/state')),
  )
  child.stdin.end(
    JSON.stringify({
      address: `127.0.0.1:${served.port}`,
      method: '/emqx.exhook.v2.HookProvider/OnMessagePublish',
      request: request.toString('base64'),
      ...{ calls: 2000, atOnce: 100, timeoutMs: 10_000 },
      ...wanted,
    } satisfies Wanted),
  )
  return JSON.parse(await text(child.stdout)) as Outcome
}

const IGNORE = Buffer.of(0x08, 0x01).toString('base64')
const withPayload = (payload: Buffer): string =>
  methodOf(contract, 'v2', 'OnMessagePublish')
    .requestSerialize(publish('devices/1/state', { payload }))
    .toString('base64')

const SERVERS: readonly ServerKind[] = ['grpc-js', 'lean']
const CLIENTS = ['grpc-go', 'grpcio']

describe.each(SERVERS.flatMap((server) => CLIENTS.map((client) => [server, client] as const)))(
  'over %s, %s',
  (server, client) => {
    it('gets every reply', async () => {
      served = await serve({ server })
      expect(await call(client, {})).toEqual({ replies: { [IGNORE]: 2000 }, errors: {} })
      expect(served.ledger.snapshot().matched).toBe(2000)
    })

    it('is told that a method is unknown', async () => {
      served = await serve({ server })
      const { errors } = await call(client, { method: '/emqx.exhook.v2.HookProvider/OnNothing', calls: 3 })
      expect(Object.entries(errors)).toEqual([[client === 'grpcio' ? 'UNIMPLEMENTED' : 'Unimplemented', 3]])
    })

    it('sends large requests, which come in frames as its windows open', async () => {
      served = await serve({ server })
      const request = withPayload(Buffer.alloc(3_000_000, 'a'))
      expect(await call(client, { request, calls: 6, atOnce: 3 })).toEqual({
        replies: { [IGNORE]: 6 },
        errors: {},
      })
      expect(served.intake.records.map(({ value }) => value.length > 4_000_000)).toEqual(Array(6).fill(true))
    })

    it('is told that a request is too large, and goes on', async () => {
      served = await serve({ server, maxReceiveBytes: 100_000 })
      const { errors } = await call(client, {
        request: withPayload(Buffer.alloc(1_000_000)),
        calls: 20,
        atOnce: 5,
      })
      expect(Object.entries(errors)).toEqual([
        [client === 'grpcio' ? 'RESOURCE_EXHAUSTED' : 'ResourceExhausted', 20],
      ])
      expect((await call(client, { calls: 1 })).replies).toEqual({ [IGNORE]: 1 })
    })

    it('gives up at its deadline, without harm to others', async () => {
      served = await serve({ server })
      served.intake.next = 'held'
      const { errors } = await call(client, { calls: 50, timeoutMs: 300 })
      expect(Object.entries(errors)).toEqual([
        [client === 'grpcio' ? 'DEADLINE_EXCEEDED' : 'DeadlineExceeded', 50],
      ])
      served.intake.release('queued')
      served.intake.next = 'queued'
      expect((await call(client, { calls: 10 })).replies).toEqual({ [IGNORE]: 10 })
    })
  },
)
