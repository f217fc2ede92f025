import { readFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'

interface Step {
  readonly step: 'subscribe' | 'publish'
  readonly client_id: string
  readonly filter?: string
  readonly topic?: string
  readonly payload?: string
  readonly qos: 0 | 1 | 2
}

/** EMQX 4.x Enterprise's example: what one lock does over MQTT, and the record that must then be in each Kafka topic. */
export interface SmartLockScenario {
  readonly mqtt: readonly Step[]
  readonly kafka: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export function loadSmartLockScenario(): SmartLockScenario {
  return JSON.parse(readFileSync(new URL('smart-lock.json', import.meta.url), 'utf8')) as SmartLockScenario
}

/** Plays the lock's steps over MQTT; returns when its publishes were acknowledged and its command has arrived. */
export async function playSmartLock(url: string, scenario: SmartLockScenario): Promise<void> {
  const clientId = scenario.mqtt[0]?.client_id ?? ''
  const lock = await connectAsync(url, { clientId, protocolVersion: 4 })
  const commanded = new Promise<void>((resolve) => lock.once('message', () => resolve()))
  for (const { step, filter = '', topic = '', payload = '', qos } of scenario.mqtt) {
    if (step === 'subscribe') await lock.subscribeAsync(filter, { qos })
    else await lock.publishAsync(topic, payload, { qos })
  }
  await commanded
  await lock.endAsync() // orderly, so the command's PUBACK is out
}

/** How a record of the scenario differs from the one expected, but for `ts`, the time of the hook; null: not at all. */
export function differenceFrom(
  expected: Readonly<Record<string, unknown>>,
  value: Buffer | undefined,
): string | null {
  if (value === undefined) return 'it is not there'
  const found = JSON.parse(String(value)) as Record<string, unknown>
  if (typeof found.ts !== 'number') return `ts is ${JSON.stringify(found.ts)}, not a time`
  // As text, so that the order of the fields counts too.
  const [is, shouldBe] = [JSON.stringify({ ...found, ts: 0 }), JSON.stringify({ ...expected, ts: 0 })]
  return is === shouldBe ? null : `it is ${is} instead of ${shouldBe}`
}
