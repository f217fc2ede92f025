import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { type CallLog, createCallLog } from '../support/call-log.ts'
import { compare } from '../support/compare.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { freePort } from '../support/free-port.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { createTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - {hook: message.publish, filter: told/#, topic: told, reply: delivered}
  - {hook: message.publish, filter: fleet/#, topic: fleet}
`,
)

describe('with a network that fails between the provider and Kafka', () => {
  let kafka: KafkaServer
  let proxy: TcpProxy
  let provider: ProviderProcess
  let emqx: EmqxStandIn
  let devices: Devices
  let log: CallLog

  beforeAll(async () => {
    const ports = { broker: await freePort(), controller: await freePort() }
    proxy = await createTcpProxy({ target: ports.broker, port: await freePort() })
    kafka = await startKafka({
      ports,
      properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
      topics: { fleet: 6, told: 6 },
    })
  })
  afterEach(async () => {
    proxy.heal()
    await devices?.end()
    await emqx?.stop()
    await provider?.stop()
  })
  afterAll(async () => {
    await kafka?.stop()
    await proxy?.close()
  })

  async function begin(): Promise<void> {
    log = createCallLog()
    provider = await startProvider([`--rules=${RULES}`, `--kafka-brokers=127.0.0.1:${proxy.port}`])
    emqx = createEmqxStandIn({ provider: `http://127.0.0.1:${provider.grpcPort}` }, { onHookCall: log.note })
    await emqx.start()
    while ((await metric(provider, 'exhook_kafka_up')) !== 1) await sleep(50)
    devices = await connectDevices(emqx.url, 40)
  }

  it.each<[string, (p: TcpProxy) => void, number]>([
    ['cut', (p) => p.cut(), 0],
    ['refused for 2 s', (p) => p.refuse(), 2000],
    ['slowed to 20 kB/s for 3 s', (p) => p.throttle(20_000), 3000],
    ['stalled for 3 s', (p) => p.stall(), 3000],
    ['half open for 2 s', (p) => p.halfOpen(), 2000],
  ])('%s: nothing is lost, doubled or out of order', async (_name, fault, lastsMs) => {
    await begin()
    devices.run((id) => (Number(id.slice('device-'.length)) % 2 === 0 ? `told/${id}` : `fleet/${id}`), 400)
    await sleep(800)
    fault(proxy)
    await sleep(lastsMs)
    // A connection that only looks alive is given up after its time, or when it is cut.
    proxy.heal()
    if (lastsMs > 0) proxy.cut()
    await sleep(1500)
    await devices.halt()
    const start = performance.now()
    while ((await ledgerOf(provider)).queued > 0 && performance.now() - start < 15_000) await sleep(50)

    const found = compare(await consumeAll(kafka.bootstrap, ['fleet', 'told']), log.calls)
    expect(log.answered().length).toBeGreaterThan(100)
    expect(found).toMatchObject({ missing: [], duplicates: 0, outOfOrder: 0 })
    expect(await metric(provider, 'exhook_kafka_producer_renewals_total')).toBe(0)
    expect(await ledgerOf(provider)).toMatchObject({ balanced: true, dropped: 0, queued: 0 })
  })

  it('a restart with SIGTERM loses no answered call, and what passed unhooked is counted by EMQX', async () => {
    await begin()
    devices.run((id) => `fleet/${id}`, 400)
    await sleep(1000)
    expect(await provider.stop()).toBe(0)
    await sleep(500)
    provider = await startProvider([
      `--rules=${RULES}`,
      `--kafka-brokers=127.0.0.1:${proxy.port}`,
      `--grpc-port=${provider.grpcPort}`,
    ])
    await sleep(1500)
    await devices.halt()
    while ((await ledgerOf(provider)).queued > 0) await sleep(50)
    expect(compare(await consumeAll(kafka.bootstrap, ['fleet']), log.calls).missing).toEqual([])
    const { failed, timedOut, succeeded, publishes, unhooked } = emqx.counters
    expect(timedOut).toBe(0)
    expect(succeeded + failed).toBe(publishes)
    console.log(
      `restart: ${succeeded} answered, ${failed} passed while nobody listened, ${unhooked} unhooked`,
    )
  })
})
