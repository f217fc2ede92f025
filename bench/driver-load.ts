/**
 * One Kafka driver, one lane, in a process of its own: batches one after the other for some seconds. Prints one line of
 * JSON. Arguments: driver, bootstrap, topic, records a batch, compression, seconds, seconds to warm up.
 */
import { pino } from 'pino'
import type { Compression, KafkaDriverName } from '../src/config/config.ts'
import { createKafkaDriver } from '../src/kafka/create-driver.ts'
import { type KafkaRecord, recordBytes } from '../src/rules/kafka-record.ts'
import { DEFAULT_POLICY } from '../src/rules/policy.ts'

export interface DriverLoad {
  readonly recordsPerSecond: number
  /** User and system time of the whole process. */
  readonly cpuMicrosecondsPerRecord: number
  /** At the end, in MB. */
  readonly rss: number
}

const DEVICES = 2_000
const VALUE_BYTES = 379

const [name, bootstrap = '', topic = '', size = '', compression = '', seconds = '', warmUp = ''] =
  process.argv.slice(2)
const driver = createKafkaDriver(
  name as KafkaDriverName,
  {
    brokers: [bootstrap],
    clientId: 'bench',
    connectionTimeoutMs: 3000,
    requestTimeoutMs: 30_000,
    compression: compression as Compression,
    tls: null,
    sasl: null,
  },
  { log: pino({ level: 'silent' }), onRenewal: () => {} },
)
const pool = Array.from({ length: 20_000 }, (_, i) => lockState(i))
let next = 0

await sendFor(Number(warmUp) * 1000)
const cpu = process.cpuUsage()
const from = performance.now()
const sent = await sendFor(Number(seconds) * 1000)
const took = performance.now() - from
const { user, system } = process.cpuUsage(cpu)
const load: DriverLoad = {
  recordsPerSecond: (sent / took) * 1000,
  cpuMicrosecondsPerRecord: (user + system) / sent,
  rss: process.memoryUsage.rss() / 1e6,
}
console.log(JSON.stringify(load))
await driver.stop()

async function sendFor(ms: number): Promise<number> {
  const end = performance.now() + ms
  let count = 0
  while (performance.now() < end) {
    const records = pool.slice(next, next + Number(size))
    next = (next + records.length) % pool.length
    const { delivered, left } = await driver.send(driver.freeze(topic, records))
    if (left.length > 0) throw new Error(`not delivered: ${left[0]?.failure.message}`)
    count += delivered.length
  }
  return count
}

/** What format `bridge` makes of a lock's message, by size and parts. */
function lockState(i: number): KafkaRecord {
  const device = `1008361879683${3171 + (i % DEVICES)}`
  const filler = Buffer.from(`${device}${i}`.repeat(20)).toString('base64')
  const parts = {
    topic,
    key: Buffer.from(device),
    value: Buffer.from(`{"client_id":"${device}","payload":"${filler}`.slice(0, VALUE_BYTES)),
    headers: { 'emqx-event': 'message.publish', 'emqx-message-id': `0005F${i}` },
  }
  const now = Date.now()
  return {
    ...parts,
    ...{ timestampMs: now, receivedAtMs: now, rule: 'bench', policy: DEFAULT_POLICY },
    bytes: recordBytes(parts),
    partition: null,
    seq: 0,
  }
}
