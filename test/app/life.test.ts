import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { freePort } from '../support/free-port.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { ledgerOf, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  'rules:\n  - hook: message.publish\n    filter: fleet/#\n    topic: fleet\n',
)

describe('the life of the process', () => {
  let kafka: KafkaServer | undefined
  let provider: ProviderProcess | undefined
  let emqx: EmqxStandIn | undefined
  let devices: Devices | undefined

  async function begin(brokers: string, flags: readonly string[] = [], count = 20) {
    provider = await startProvider([`--rules=${RULES}`, `--kafka-brokers=${brokers}`, ...flags])
    emqx = createEmqxStandIn({ provider: `http://127.0.0.1:${provider.grpcPort}` })
    await emqx.start()
    devices = await connectDevices(emqx.url, count)
    return { provider, emqx, devices }
  }

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterEach(async () => {
    await devices?.end()
    await emqx?.stop()
    provider?.signal('SIGKILL')
    await provider?.ended
    provider = emqx = devices = undefined
  })
  afterAll(() => kafka?.stop())

  it('takes events before Kafka is there, and delivers them when it comes', async () => {
    const ports = { broker: await freePort(), controller: await freePort() }
    const on = await begin(`127.0.0.1:${ports.broker}`)
    on.devices.run((id) => `fleet/${id}`, 200)
    await sleep(1000)
    await on.devices.halt()
    const readiness = () => fetch(`http://127.0.0.1:${on.provider.httpPort}/readyz`)
    const ready = await readiness()
    expect(ready.status).toBe(503)
    expect(await ready.text()).toMatch(/kafka: not connected since \d+ s: .*ECONNREFUSED/)
    expect(await ledgerOf(on.provider)).toMatchObject({
      queued: on.devices.total(),
      delivered: 0,
      balanced: true,
    })

    const late = await startKafka({ ports, topics: { fleet: 3, 'exhook.dead-letters': 1 } })
    try {
      while ((await ledgerOf(on.provider)).queued > 0) await sleep(50)
      expect(await consumeAll(late.bootstrap, ['fleet'])).toHaveLength(on.devices.total())
      while ((await readiness()).status !== 200) await sleep(20)
    } finally {
      await late.stop()
    }
  })

  it('answers what is in flight and drains the queue on SIGTERM under load, and exits 0', async () => {
    if (kafka === undefined) throw new Error('no Kafka')
    await kafka.createTopic('fleet', 6)
    const on = await begin(kafka.bootstrap, ['--kafka-linger-ms=200'], 50)
    on.devices.run((id) => `fleet/${id}`, 1000)
    await expect.poll(() => on.devices.total(), { timeout: 15_000 }).toBeGreaterThan(1000)
    const code = await on.provider.stop()
    await sleep(200)
    await on.devices.halt()
    expect(code).toBe(0)
    expect(on.emqx.counters.timedOut).toBe(0)
    const last = on.provider.lines.at(-1)
    expect(last?.msg).toMatch(/every record in the queue was delivered/)
    const found = await consumeAll(kafka.bootstrap, ['fleet'])
    expect(found).toHaveLength(Number(last?.delivered))
    expect(found.length).toBeGreaterThan(500)
    // Each hook call that succeeded is in Kafka; what came after the stop failed at once and was acknowledged by EMQX.
    expect(found).toHaveLength(on.emqx.counters.succeeded)
  })

  it('says what it could not deliver when the deadline of the stop passes, and exits 0', async () => {
    const on = await begin('127.0.0.1:1', ['--stop-deadline-ms=1500'])
    on.devices.run((id) => `fleet/${id}`, 100)
    await sleep(500)
    await on.devices.halt()
    const start = performance.now()
    expect(await on.provider.stop()).toBe(0)
    expect(performance.now() - start).toBeLessThan(3500)
    expect(on.provider.lines.at(-1)).toMatchObject({
      lost: on.devices.total(),
      msg: 'stopped: these records were not delivered and are lost',
    })
  })

  it('answers the calls that wait for Kafka before the deadline of the stop', async () => {
    const rules = temporaryFile(
      'waits.yaml',
      'rules:\n  - {hook: message.publish, filter: fleet/#, topic: fleet, reply: delivered}\n',
    )
    provider = await startProvider([
      ...[`--rules=${rules}`, '--kafka-brokers=127.0.0.1:1', '--stop-deadline-ms=1500'],
    ])
    emqx = createEmqxStandIn({ provider: `http://127.0.0.1:${provider.grpcPort}`, requestTimeoutMs: 20_000 })
    await emqx.start()
    devices = await connectDevices(emqx.url, 8)
    devices.run((id) => `fleet/${id}`, 100)
    await sleep(500)
    const halted = devices.halt()
    expect(await provider.stop()).toBe(0)
    await halted
    expect(emqx.counters).toMatchObject({ succeeded: 8, failed: 0, timedOut: 0 })
    expect(provider.lines.map(({ msg }) => msg)).not.toContain('some calls did not end in time: they are cut')
    expect(provider.lines.at(-1)?.lost).toBe(8)
  })

  it('keeps to the deadline of the stop also when the broker is frozen', async () => {
    const frozen = await startKafka({ topics: { fleet: 3 } })
    try {
      const on = await begin(frozen.bootstrap, ['--stop-deadline-ms=1500'])
      on.devices.run((id) => `fleet/${id}`, 200)
      await sleep(1000)
      frozen.freeze()
      await sleep(300)
      await on.devices.halt()
      const start = performance.now()
      expect(await on.provider.stop()).toBe(0)
      expect(performance.now() - start).toBeLessThan(4000)
      const last = on.provider.lines.at(-1)
      expect(last?.msg).toBe('stopped: these records were not delivered and are lost')
      expect(last?.cause).toEqual(expect.anything())
    } finally {
      await frozen.stop()
    }
  })

  it('exits at once on a second signal', async () => {
    const on = await begin('127.0.0.1:1')
    on.devices.run((id) => `fleet/${id}`, 100)
    await sleep(300)
    await on.devices.halt()
    on.provider.signal('SIGTERM')
    await sleep(600)
    const start = performance.now()
    on.provider.signal('SIGTERM')
    expect(await on.provider.ended).toBe(1)
    expect(performance.now() - start).toBeLessThan(1000)
    expect(on.provider.lines.at(-1)).toMatchObject({ queued: on.devices.total() })
  })

  it('serves calls of an EMQX that never loaded it', async () => {
    const port = await freePort()
    const first = await begin('127.0.0.1:1', [`--grpc-port=${port}`])
    first.provider.signal('SIGKILL')
    await first.provider.ended
    provider = await startProvider([`--rules=${RULES}`, '--kafka-brokers=127.0.0.1:1', `--grpc-port=${port}`])
    first.devices.run((id) => `fleet/${id}`, 100)
    await sleep(1000)
    await first.devices.halt()
    const ledger = await ledgerOf(provider)
    expect(ledger.queued).toBeGreaterThan(10)
    expect(ledger.balanced).toBe(true)
  })
})
