import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'

/** MQTT clients that publish numbered messages, one after the other, and note what was acknowledged. */
export interface Devices {
  /** Numbers acknowledged by a PUBACK, by client id, in the order of the acknowledgements. */
  readonly acknowledged: ReadonlyMap<string, readonly number[]>
  readonly total: () => number
  /**
   * Publishes until `halt`; each client keeps to its share of `perSecond`, and to one message in flight. `payloadOf` a
   * message's number: by default the number in decimal.
   */
  run(topicOf: (clientid: string) => string, perSecond: number, payloadOf?: (number: number) => string): void
  /** Lets each client's last message end. */
  halt(): Promise<void>
  end(): Promise<void>
}

/** Told of each message when it was acknowledged, this long after it was published. */
export type OnAcknowledged = (clientid: string, ms: number) => void

export async function connectDevices(
  url: string,
  count: number,
  onAcknowledged: OnAcknowledged = () => {},
): Promise<Devices> {
  const acknowledged = new Map<string, number[]>()
  const clients: { readonly id: string; readonly client: MqttClient }[] = []
  for (let i = 0; i < count; i++) {
    const id = `device-${i}`
    acknowledged.set(id, [])
    clients.push({ id, client: await connectAsync(url, { clientId: id, reconnectPeriod: 0 }) })
  }
  let running = false
  let loops: Promise<void>[] = []

  async function publish(
    { id, client }: (typeof clients)[number],
    topic: string,
    everyMs: number,
    payloadOf: (number: number) => string,
  ): Promise<void> {
    let due = performance.now() + Math.random() * everyMs
    const done = acknowledged.get(id) ?? []
    for (let number = done.length; running; number++) {
      const start = performance.now()
      await client.publishAsync(topic, payloadOf(number), { qos: 1 })
      onAcknowledged(id, performance.now() - start)
      done.push(number)
      due += everyMs
      const restMs = due - performance.now()
      if (restMs > 0) await sleep(restMs)
      else due = performance.now()
    }
  }

  return {
    acknowledged,
    total: () => [...acknowledged.values()].reduce((sum, numbers) => sum + numbers.length, 0),
    run(topicOf, perSecond, payloadOf = String) {
      running = true
      const everyMs = (1000 * count) / perSecond
      loops = clients.map((client) => publish(client, topicOf(client.id), everyMs, payloadOf))
    },
    async halt() {
      running = false
      await Promise.all(loops)
    },
    async end() {
      await Promise.all(clients.map(({ client }) => client.endAsync(true)))
    },
  }
}
