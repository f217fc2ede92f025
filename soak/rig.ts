import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEmqxStandIn, type EmqxStandIn } from '../demo/emqx-stand-in/emqx-stand-in.ts'
import { type CallLog, createCallLog } from '../test/support/call-log.ts'
import { connectDevices, type Devices, type OnAcknowledged } from '../test/support/devices.ts'
import { freePort } from '../test/support/free-port.ts'
import { type KafkaServer, startKafka } from '../test/support/kafka/kafka-server.ts'
import { type ProviderProcess, startProvider } from '../test/support/provider.ts'
import { createTcpProxy, type TcpProxy } from '../test/support/tcp-proxy.ts'
import type { ClearAway } from './clear-away.ts'
import { type Life, type LifeSoFar, watchLife } from './life.ts'

export const TOPIC = 'fleet'
const PARTITIONS = 6
const UP_WITHIN_MS = 30_000

export interface RigConfig {
  readonly reply: string
  readonly driver: string
  readonly disk: boolean
  /** Flags of the provider. */
  readonly flags: readonly string[]
  /** MQTT clients. */
  readonly clients: number
}

/** A Kafka behind a proxy, the provider, a stand-in for EMQX and its MQTT clients, all connected. */
export interface Rig {
  readonly kafka: KafkaServer
  readonly proxy: TcpProxy
  readonly emqx: EmqxStandIn
  readonly devices: Devices
  readonly log: CallLog
  /** Those of the provider so far, the present one last. */
  readonly lives: readonly Life[]
  readonly present: LifeSoFar
  /** The directory of the queue's log; it is there whether the provider uses it or not. */
  readonly diskPath: string
  /** Takes the account of the present life and ends it; returns when the process is gone. */
  endLife(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts the provider again, same port, same disk; returns when it takes hook calls. */
  beginLife(): Promise<void>
}

/** Everything that it starts is given to `clearAway` at once, so that nothing stays behind when a later step fails. */
export async function startRig(
  config: RigConfig,
  clearAway: ClearAway,
  onAcknowledged?: OnAcknowledged,
): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-soak-'))
  clearAway.later(() => rm(folder, { recursive: true, force: true }))
  const diskPath = join(folder, 'queue')
  const rules = join(folder, 'rules.yaml')
  await writeFile(rules, rulesOf(config.reply))

  const ports = { broker: await freePort(), controller: await freePort() }
  const proxy = await createTcpProxy({ target: ports.broker, port: await freePort() })
  clearAway.later(() => proxy.close())
  const kafka = await startKafka({
    ports,
    properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
    topics: { [TOPIC]: PARTITIONS },
  })
  clearAway.later(() => kafka.stop())

  const log = createCallLog()
  const grpcPort = await freePort()
  const lives: LifeSoFar[] = []
  const present = (): LifeSoFar => lives.at(-1) as LifeSoFar

  async function beginLife(): Promise<void> {
    const provider = await startProvider([
      ...[`--rules=${rules}`, `--kafka-brokers=127.0.0.1:${proxy.port}`, `--kafka-driver=${config.driver}`],
      ...[`--grpc-port=${grpcPort}`, '--dead-letters-topic=off', '--log-level=info'],
      ...(config.disk ? [`--queue-disk-path=${diskPath}`] : []),
      ...config.flags,
    ])
    clearAway.later(() => killed(provider))
    lives.push(await watchLife(provider, log))
  }

  await beginLife()
  const emqx = createEmqxStandIn({ provider: `http://127.0.0.1:${grpcPort}` }, { onHookCall: log.note })
  await emqx.start()
  clearAway.later(() => emqx.stop())
  const devices = await connectDevices(emqx.url, config.clients, onAcknowledged)
  clearAway.later(() => devices.end())
  const isReady = async () => {
    const { value } = await present().look()
    const onDisk = !config.disk || value('exhook_disk_state', 'state="ok"') === 1
    return onDisk && value('exhook_kafka_up') === 1
  }
  for (const start = performance.now(); !(await isReady()); await sleep(50)) {
    if (performance.now() - start > UP_WITHIN_MS)
      throw new Error('the provider has not reached Kafka, or its disk')
  }

  return {
    ...{ kafka, proxy, emqx, devices, log, lives, diskPath, beginLife },
    get present() {
      return present()
    },
    endLife: (signal) => present().end(signal),
  }
}

/**
 * With `on_timeout: reject` the answer itself tells what it means: a message that is not rejected was stored, or
 * delivered. (`accept` gives the same answer to what was stored and to what was late.)
 */
function rulesOf(reply: string): string {
  const onTimeout = reply === 'queued' ? '' : ', on_timeout: reject'
  return `rules:\n  - {hook: message.publish, filter: ${TOPIC}/#, topic: ${TOPIC}, reply: ${reply}${onTimeout}}\n`
}

async function killed(provider: ProviderProcess): Promise<void> {
  provider.signal('SIGKILL')
  await provider.ended
}
