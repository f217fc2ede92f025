import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { createCallLog } from '../support/call-log.ts'
import { compare } from '../support/compare.ts'
import { connectDevices, type Devices } from '../support/devices.ts'
import { consumeAll } from '../support/kafka/consume.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { metric, type ProviderProcess, scrape, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  'rules:\n  - {hook: message.publish, filter: fleet/#, topic: fleet}\n',
)
const REQUEST_TIMEOUT_MS = 2000
/** `reply.margin_ms` before EMQX's deadline, a call stops waiting. */
const LONGEST_WAIT_MS = 1500

describe('Kafka down and the queue full', () => {
  const log = createCallLog()
  let kafka: KafkaServer | undefined
  let provider: ProviderProcess | undefined
  let emqx: EmqxStandIn | undefined
  let devices: Devices | undefined
  const publishes: { readonly at: number; readonly ms: number }[] = []

  beforeAll(async () => {
    kafka = await startKafka({ topics: { fleet: 6 } })
  })
  afterAll(async () => {
    await devices?.end()
    await emqx?.stop()
    await provider?.stop()
    await kafka?.stop()
  })

  it('holds MQTT clients up only until the breaker opens, and it closes by itself', {
    timeout: 60_000,
  }, async () => {
    if (kafka === undefined) throw new Error('no Kafka')
    const running = await startProvider([
      ...[`--rules=${RULES}`, `--kafka-brokers=${kafka.bootstrap}`, '--queue-max-records=1000'],
    ])
    provider = running
    const provided = `http://127.0.0.1:${running.grpcPort}`
    emqx = createEmqxStandIn(
      { provider: provided, requestTimeoutMs: REQUEST_TIMEOUT_MS },
      { onHookCall: log.note },
    )
    await emqx.start()
    const breakerIs = async (open: 0 | 1) => {
      while ((await metric(running, 'exhook_queue_breaker_open')) !== open) await sleep(20)
      return performance.now()
    }
    devices = await connectDevices(emqx.url, 50, (_, ms) =>
      publishes.push({ at: performance.now() - ms, ms }),
    )
    const start = performance.now()
    devices.run((id) => `fleet/${id}`, 500)

    await sleep(2000)
    await kafka.kill()
    const opened = await breakerIs(1)
    await sleep(2500)
    const restarting = performance.now()
    await kafka.restart()
    const closed = await breakerIs(0)
    const { ledger: whenClosed } = await scrape(running)
    await sleep(2000)
    await devices.halt()
    while ((await scrape(running)).ledger.queued > 0) await sleep(50)

    const since = (at: number) => `${((at - start) / 1000).toFixed(1)} s`
    console.log(
      `Kafka killed at 2.0 s, the breaker open at ${since(opened)}, Kafka started at ${since(restarting)}, ` +
        `the breaker closed at ${since(closed)}\n${bySecond(start)}`,
    )
    const slowest = (from: number, to: number) =>
      Math.max(...publishes.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms))
    // Before, as long as a call may wait; with the breaker open nobody is held up.
    expect(slowest(start, opened)).toBeGreaterThan(0.8 * LONGEST_WAIT_MS)
    expect(slowest(opened, restarting)).toBeLessThan(0.8 * LONGEST_WAIT_MS)
    expect(publishes.filter(({ at }) => at >= opened && at < restarting).length).toBeGreaterThan(100)

    const { ledger, value } = await scrape(running)
    expect(ledger).toMatchObject({ balanced: true, queued: 0, dropped: whenClosed.dropped })
    const reasons = ['wait_timeout', 'breaker_open'].map((reason) => `reason="${reason}"`)
    const [expired = 0, atOnce = 0] = reasons.map((reason) => value('exhook_records_dropped_total', reason))
    expect(expired).toBeGreaterThanOrEqual(10)
    expect(atOnce).toBeGreaterThan(100)
    expect(expired + atOnce).toBe(ledger.dropped)
    // What was not dropped is in Kafka, once, in order.
    const found = compare(await consumeAll(kafka.bootstrap, ['fleet']), log.calls)
    expect(found).toMatchObject({ messages: ledger.delivered, duplicates: 0, outOfOrder: 0 })
    expect(found.missing).toHaveLength(ledger.dropped)
    expect(log.calls.every(({ outcome }) => outcome === 'succeeded')).toBe(true)
  })

  /** The publish latency of each second, by when the message was published. */
  function bySecond(start: number): string {
    const seconds = Map.groupBy(publishes, ({ at }) => Math.floor((at - start) / 1000))
    return [...seconds]
      .sort(([a], [b]) => a - b)
      .map(([second, all]) => {
        const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b)
        const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(0)
        const count = String(all.length).padStart(4)
        return `${String(second).padStart(4)} s: ${count} publishes, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`
      })
      .join('\n')
  }
})
