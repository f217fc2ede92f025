import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn, type HookCall } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { freePort } from '../support/free-port.ts'
import { type ConsumedRecord, consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'
import { statusOf } from './crew.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - {hook: message.publish, filter: stored/#, topic: stored, reply: stored}
  - {hook: message.publish, filter: queued/#, topic: queued}
  - {hook: message.publish, filter: moved/#, topic: moved}
`,
)

/** No Kafka is there. */
const AWAY = '--kafka-brokers=127.0.0.1:1'
/** The numbers of one life of the provider begin here. */
const LIFE = 100_000

describe('workers before a real Kafka', () => {
  let kafka: KafkaServer
  let folder: string
  let grpcPort: number
  let emqx: EmqxStandIn | undefined
  let devices: Devices | undefined
  let providers: ProviderProcess[] = []
  let calls: HookCall[] = []

  /** One life of the provider, always on the same disk and port; before Kafka, unless the flags say otherwise. */
  async function live(workers: number, ...flags: readonly string[]): Promise<ProviderProcess> {
    const provider = await startProvider([
      ...[`--rules=${RULES}`, `--queue-disk-path=${folder}`],
      ...(flags.length === 0 ? [`--kafka-brokers=${kafka.bootstrap}`] : flags),
      ...[`--grpc-port=${grpcPort}`, `--workers=${workers}`],
    ])
    providers.push(provider)
    return provider
  }

  async function load(count: number): Promise<Devices> {
    calls = []
    emqx = createEmqxStandIn(
      { provider: `http://127.0.0.1:${grpcPort}` },
      { onHookCall: (call) => void calls.push(call) },
    )
    await emqx.start()
    devices = await connectDevices(emqx.url, count)
    return devices
  }

  async function unload(): Promise<void> {
    await devices?.end()
    await emqx?.stop()
    devices = emqx = undefined
  }

  const drained = async (provider: ProviderProcess): Promise<void> => {
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)
  }
  const answered = (): readonly (string | undefined)[] =>
    calls
      .filter(({ outcome, messageId }) => outcome === 'succeeded' && messageId !== undefined)
      .map(({ messageId }) => messageId)
  const numberOf = ({ value }: ConsumedRecord): number =>
    Number(Buffer.from(JSON.parse(value.toString()).payload, 'base64').toString())

  /** Whether each device's numbers grow, of those that Kafka has first, within each life of the provider. */
  function inOrder(found: readonly ConsumedRecord[]): boolean {
    const lastOf = new Map<string, number>()
    const seen = new Set<string | undefined>()
    return found.every((one) => {
      const id = one.headers['emqx-message-id']
      if (seen.has(id)) return true
      seen.add(id)
      const number = numberOf(one)
      const whose = `${one.key} ${Math.floor(number / LIFE)}`
      const isNext = number > (lastOf.get(whose) ?? -1)
      lastOf.set(whose, number)
      return isNext
    })
  }

  beforeAll(async () => {
    kafka = await startKafka({ topics: { stored: 6, queued: 6, moved: 6, 'exhook.dead-letters': 1 } })
  })
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-workers-'))
    grpcPort = await freePort()
  })
  afterEach(async () => {
    await unload()
    for (const provider of providers) provider.signal('SIGKILL')
    for (const provider of providers) await provider.ended
    providers = []
    rmSync(folder, { recursive: true, force: true })
  })
  afterAll(() => kafka?.stop())

  it('kill -9 of one under load: all that was answered as stored comes to Kafka, calls of the others go on', async () => {
    const provider = await live(2)
    const on = await load(30)
    on.run((id) => `stored/${id}`, 500)
    while (on.total() < 300) await sleep(50)
    const { workers } = await statusOf(provider)
    const before = calls.length
    process.kill(workers[0]?.pid ?? 0, 'SIGKILL')
    while ((await metric(provider, 'exhook_worker_restarts_total')) < 1) await sleep(50)
    while ((await metric(provider, 'exhook_worker_up')) < 2) await sleep(50)
    await sleep(500)
    await on.halt()
    await drained(provider)
    const status = await statusOf(provider)
    expect(status.workers.map(({ restarts }) => restarts)).toEqual([1, 0])
    // The dead one's connections carried so many calls at that moment; each device has one at a time.
    const failed = calls.slice(before).filter(({ outcome }) => outcome !== 'succeeded')
    expect(failed.length).toBeLessThanOrEqual(30)
    const of = new Map(failed.map(({ clientid }) => [clientid, 0]))
    for (const { clientid } of failed) of.set(clientid, (of.get(clientid) ?? 0) + 1)
    expect(of.size).toBeLessThan(30)

    const found = await consumeAll(kafka.bootstrap, ['stored'])
    const there = new Set(found.map((one) => one.headers['emqx-message-id']))
    expect(answered().length).toBeGreaterThan(400)
    expect(answered().filter((id) => !there.has(id))).toEqual([])
    expect(status.ledger).toMatchObject({ balances: true, queued: 0 })
    expect(await ledgerOf(provider)).toMatchObject({ balanced: true, dropped: 0 })
  })

  it('SIGTERM under load: every call on its way is answered, nothing is lost or doubled, exit code 0', async () => {
    const provider = await live(2)
    const on = await load(30)
    on.run((id) => `queued/${id}`, 500)
    while (on.total() < 500) await sleep(50)
    expect(await provider.stop()).toBe(0)
    await on.halt()
    // A call that was on its way would have timed out; those that come when nobody listens are refused at once.
    expect(emqx?.counters.timedOut).toBe(0)
    const found = await consumeAll(kafka.bootstrap, ['queued'])
    const there = new Set(found.map((one) => one.headers['emqx-message-id']))
    expect(answered().length).toBeGreaterThan(400)
    expect(answered().filter((id) => !there.has(id))).toEqual([])
    expect(there.size).toBe(found.length)
    expect(inOrder(found)).toBe(true)
    expect(provider.lines.at(-1)).toMatchObject({ lost: 0, msg: 'stopped: all workers have ended' })
  })

  it('3 → 1 → 2 workers, Kafka away until the last: each takes up what the others left, all of it comes, in order', async () => {
    const sent = new Set<string | undefined>()
    for (const [life, workers] of [3, 1, 2].entries()) {
      const provider = await live(workers, ...(life < 2 ? [AWAY] : []))
      expect(await ledgerOf(provider)).toMatchObject({ balanced: true, recovered: sent.size })
      const on = await load(10)
      on.run(
        (id) => `moved/${id}`,
        300,
        (number) => String(life * LIFE + number),
      )
      while (on.total() < 150) await sleep(50)
      await on.halt()
      await unload()
      for (const id of answered()) sent.add(id)
      if (life < 2) {
        expect(await ledgerOf(provider)).toMatchObject({ balanced: true, queued: sent.size, dropped: 0 })
        expect(await provider.stop()).toBe(0)
        continue
      }
      await drained(provider)
      expect(await ledgerOf(provider)).toMatchObject({ delivered: sent.size, dropped: 0, balanced: true })
    }
    const found = await consumeAll(kafka.bootstrap, ['moved'])
    expect(found.map((one) => one.headers['emqx-message-id']).sort()).toEqual([...sent].sort())
    // What is adopted is empty now, and gone.
    while (readdirSync(folder).length > 2) await sleep(50)
    expect(readdirSync(folder).sort()).toEqual(['worker-0', 'worker-1'])
    expect(inOrder(found)).toBe(true)
  })
})
