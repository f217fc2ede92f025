import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn, type HookCall } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { freePort } from '../support/free-port.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - hook: message.publish
    filter: stored/#
    topic: stored
    reply: stored
  - hook: message.publish
    filter: queued/#
    topic: queued
`,
)

describe('the queue on disk', () => {
  let kafka: KafkaServer
  let folder: string
  let grpcPort: number
  let emqx: EmqxStandIn | undefined
  let devices: Devices | undefined
  const providers: ProviderProcess[] = []
  let calls: HookCall[] = []

  /** One life of the provider; each has the same disk and, unless flags say otherwise, the same port. */
  async function live(...flags: readonly string[]): Promise<ProviderProcess> {
    const provider = await startProvider([
      `--rules=${RULES}`,
      `--kafka-brokers=${kafka.bootstrap}`,
      `--queue-disk-path=${folder}`,
      ...(flags.some((flag) => flag.startsWith('--grpc-port')) ? [] : [`--grpc-port=${grpcPort}`]),
      ...flags,
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

  const drained = async (provider: ProviderProcess): Promise<void> => {
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)
  }
  const answered = (): readonly (string | undefined)[] =>
    calls.filter((call) => call.outcome === 'succeeded').map((call) => call.messageId)
  const inKafka = async (topic: string): Promise<readonly (string | undefined)[]> =>
    (await consumeAll(kafka.bootstrap, [topic])).map((one) => one.headers['emqx-message-id'])

  beforeAll(async () => {
    kafka = await startKafka({ topics: { stored: 6, queued: 6, 'exhook.dead-letters': 1 } })
  })
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-disk-'))
    grpcPort = await freePort()
  })
  afterEach(async () => {
    await devices?.end()
    await emqx?.stop()
    devices = emqx = undefined
    for (const provider of providers.splice(0)) {
      provider.signal('SIGKILL')
      await provider.ended
    }
    rmSync(folder, { recursive: true, force: true })
  })
  afterAll(() => kafka?.stop())

  it('brings every call that was answered as stored into Kafka, through SIGKILL with Kafka away', async () => {
    const first = await live()
    const on = await load(50)
    on.run((id) => `stored/${id}`, 500)
    await sleep(1000)
    await kafka.kill()
    const before = on.total()
    while (on.total() < before + 500) await sleep(50)
    const waiting = await ledgerOf(first)
    expect(waiting).toMatchObject({ balanced: true })
    expect(waiting.queued).toBeGreaterThan(300)
    first.signal('SIGKILL')
    await first.ended

    const second = await live()
    const recovered = await metric(second, 'exhook_records_recovered_total')
    expect(recovered).toBeGreaterThanOrEqual(waiting.queued)
    await sleep(1000)
    await kafka.restart()
    await sleep(500)
    await on.halt()
    await drained(second)
    expect(await ledgerOf(second)).toMatchObject({ balanced: true, recovered, queued: 0, dropped: 0 })
    expect(await metric(second, 'exhook_replies_total', 'outcome="stored"')).toBeGreaterThan(100)

    const found = await consumeAll(kafka.bootstrap, ['stored'])
    const there = new Set(found.map((one) => one.headers['emqx-message-id']))
    expect(answered().length).toBeGreaterThan(700)
    expect(answered().filter((id) => !there.has(id))).toEqual([])
    // In order for each device, but for what a second life may send once more.
    const lastOf = new Map<string | null, number>()
    const seen = new Set<string | undefined>()
    for (const { key, value, headers } of found) {
      const id = headers['emqx-message-id']
      if (seen.has(id)) continue
      seen.add(id)
      const number = Number(Buffer.from(JSON.parse(value.toString()).payload, 'base64').toString())
      expect(number).toBeGreaterThan(lastOf.get(key) ?? -1)
      lastOf.set(key, number)
    }
  })

  it('keeps what a stop could not deliver, to the record, and the stop waits for no Kafka that is away', async () => {
    await kafka.kill()
    const first = await live()
    const on = await load(20)
    on.run((id) => `queued/${id}`, 300)
    await sleep(1500)
    await on.halt()
    const start = performance.now()
    expect(await first.stop()).toBe(0)
    expect(performance.now() - start).toBeLessThan(4000)
    const kept = on.total()
    expect(first.lines.at(-1)).toMatchObject({
      kept,
      msg: 'stopped: these records stay on disk for the next start',
    })

    await kafka.restart()
    const second = await live()
    await drained(second)
    expect(await ledgerOf(second)).toMatchObject({ recovered: kept, delivered: kept, balanced: true })
    expect([...(await inKafka('queued'))].sort()).toEqual([...answered()].sort())
    expect(await second.stop()).toBe(0)

    const third = await live()
    expect(await ledgerOf(third)).toMatchObject({ recovered: 0, records: 0 })
  })

  it('is for one process: the second says so, serves from memory, and takes over when the first ends', async () => {
    const first = await live()
    const second = await live('--grpc-port=0')
    const ready = async () => (await fetch(`http://127.0.0.1:${second.httpPort}/readyz`)).text()
    expect(await ready()).toMatch(/disk: unusable: .*in use by process/)
    expect(second.lines.find((line) => /cannot be used/.test(String(line.msg)))).toMatchObject({
      level: 50,
      error: expect.stringContaining(`${first.pid}`),
    })
    expect(await metric(second, 'exhook_disk_state', 'state="unusable"')).toBe(1)

    // What wants the disk is answered at once, as after a wait that ended.
    grpcPort = second.grpcPort
    const on = await load(5)
    on.run((id) => `stored/${id}`, 50)
    await sleep(500)
    await on.halt()
    expect(await metric(second, 'exhook_replies_total', 'outcome="late"')).toBe(on.total())
    await drained(second)

    expect(await first.stop()).toBe(0)
    while ((await metric(second, 'exhook_disk_state', 'state="ok"')) !== 1) await sleep(100)
    expect(await ready()).toMatch(/^ready\n/)
  })

  it('holds a backlog far beyond the bounds of memory, and drops nothing', async () => {
    await kafka.kill()
    const provider = await live('--queue-max-records=200')
    const on = await load(50)
    on.run((id) => `queued/${id}`, 1000)
    while (on.total() < 1000) await sleep(50)
    await on.halt()
    const full = await ledgerOf(provider)
    expect(full).toMatchObject({ queued: on.total(), dropped: 0, balanced: true })
    expect(await metric(provider, 'exhook_queue_memory_records')).toBeLessThanOrEqual(200)
    await kafka.restart()
    await drained(provider)
    expect(await ledgerOf(provider)).toMatchObject({ delivered: on.total(), dropped: 0, balanced: true })
    const found = await inKafka('queued')
    expect(answered().filter((id) => !found.includes(id))).toEqual([])
  })
})
