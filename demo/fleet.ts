import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { createLatencies, type Latencies } from './latencies.ts'

export interface FleetConfig {
  /** The broker, `mqtt://host:port`. */
  readonly url: string
  readonly locks: number
  /** Messages a second of the whole fleet, commands included. */
  readonly ratePerSecond: number
  /** Every so many messages one is a command to a lock, the others are states of locks. Default: 10. */
  readonly commandEvery?: number
  /** The locks are `<prefix>-0001` and so on. Default: lock. */
  readonly prefix?: string
}

export interface FleetReport {
  /** PUBLISH packets handed to the MQTT clients. */
  states: number
  commands: number
  /** States whose PUBACK came. */
  statesAcknowledged: number
  /** Commands that a lock received, and so acknowledged. */
  commandsAcknowledged: number
  /** Publishes that an MQTT client gave up. */
  failed: number
}

/** Simulated smart locks over real MQTT, and the app that commands them. */
export interface Fleet {
  /** Connects the app and every lock; each lock subscribes to devices/<id>/command. */
  connect(): Promise<void>
  /** Publishes at the set rate for so long, then waits until all is acknowledged, at most `patienceMs` (30 s). */
  run(durationMs: number, patienceMs?: number): Promise<void>
  readonly report: Readonly<FleetReport>
  /** From publish to PUBACK, of the states. */
  readonly latencies: Latencies
  /** What must be in Kafka: acknowledged states and commands, as `eventId` names them. */
  readonly acknowledged: ReadonlySet<string>
  /** Orderly: what is being sent is sent. Safe twice. */
  disconnect(): Promise<void>
}

/** The name of one message of the fleet: its topic and its number there. */
export function eventId(topic: string, sequence: number): string {
  return `${topic}#${sequence}`
}

interface Device {
  readonly client: MqttClient
  readonly id: string
  states: number
  commands: number
}

const TICK_MS = 10
/** Connecting a few at a time, as real locks would, keeps the first second representative. */
const CONNECTING_AT_ONCE = 20

export function createFleet(config: FleetConfig): Fleet {
  const { url, prefix = 'lock', commandEvery = 10 } = config
  const report: FleetReport = {
    states: 0,
    commands: 0,
    statesAcknowledged: 0,
    commandsAcknowledged: 0,
    failed: 0,
  }
  const latencies = createLatencies()
  const acknowledged = new Set<string>()
  const devices: Device[] = []
  let app: MqttClient | undefined

  async function addDevice(number: number): Promise<void> {
    const id = `${prefix}-${String(number).padStart(4, '0')}`
    const client = await connectClient(url, id)
    const device: Device = { client, id, states: 0, commands: 0 }
    client.on('message', (topic, payload) => {
      const { sequence } = JSON.parse(String(payload)) as { sequence: number }
      report.commandsAcknowledged++
      acknowledged.add(eventId(topic, sequence))
    })
    await client.subscribeAsync(`devices/${id}/command`, { qos: 1 })
    devices.push(device)
  }

  function publishState(device: Device): void {
    const topic = `devices/${device.id}/state`
    const sequence = ++device.states
    const battery = Number((100 - (sequence % 1_000) / 10).toFixed(1))
    const state = { sequence, battery, lock_state: sequence % 2, version: 1.1, client_id: device.id }
    const started = performance.now()
    report.states++
    device.client.publish(topic, JSON.stringify(state), { qos: 1 }, (error) => {
      if (error) {
        report.failed++
        return
      }
      report.statesAcknowledged++
      latencies.add(performance.now() - started)
      acknowledged.add(eventId(topic, sequence))
    })
  }

  function publishCommand(device: Device): void {
    const sequence = ++device.commands
    const command = { sequence, action: sequence % 2 === 0 ? 'lock' : 'unlock' }
    report.commands++
    app?.publish(`devices/${device.id}/command`, JSON.stringify(command), { qos: 1 }, (error) => {
      if (error) report.failed++
    })
  }

  const outstanding = () =>
    report.states + report.commands - report.statesAcknowledged - report.commandsAcknowledged - report.failed

  return {
    report,
    latencies,
    acknowledged,

    async connect() {
      app = await connectClient(url, `${prefix}-app`)
      for (let n = 1; n <= config.locks; n += CONNECTING_AT_ONCE) {
        const size = Math.min(CONNECTING_AT_ONCE, config.locks - n + 1)
        await Promise.all(Array.from({ length: size }, (_, i) => addDevice(n + i)))
      }
    },

    async run(durationMs, patienceMs = 30_000) {
      const started = performance.now()
      let sent = 0
      for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - started) {
        for (const due = Math.floor((elapsed * config.ratePerSecond) / 1_000); sent < due; sent++) {
          const device = devices[sent % devices.length]
          if (device === undefined) break
          if (sent % commandEvery === commandEvery - 1) publishCommand(device)
          else publishState(device)
        }
        await sleep(TICK_MS)
      }
      const patience = performance.now() + patienceMs
      while (outstanding() > 0 && performance.now() < patience) await sleep(TICK_MS)
    },

    async disconnect() {
      const clients = [...devices.splice(0).map(({ client }) => client), ...(app ? [app] : [])]
      app = undefined
      await Promise.all(clients.map((client) => client.endAsync()))
    },
  }
}

async function connectClient(url: string, clientId: string): Promise<MqttClient> {
  const client = await connectAsync(url, { clientId, protocolVersion: 4, reconnectPeriod: 500 })
  client.on('error', () => {}) // it reconnects by itself
  return client
}
