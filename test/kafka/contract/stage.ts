import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { KafkaDriverName } from '../../../src/config/config.ts'
import type { KafkaClientConfig } from '../../../src/kafka/client-config.ts'
import type { FrozenBatch, KafkaDriver, KafkaFailure, SendOutcome } from '../../../src/kafka/kafka-driver.ts'
import type { KafkaServer } from '../../support/kafka/kafka-server.ts'
import { createDriver, type DriverUnderTest } from '../drivers.ts'

/** What the parts of the contract share: one broker, and drivers that are stopped at the end. */
export interface Stage {
  readonly name: KafkaDriverName
  /** Runs from before the first test to after the last. */
  readonly kafka: KafkaServer
  driver(more?: Partial<KafkaClientConfig>): DriverUnderTest
}

export interface OwnedStage extends Stage {
  begin(kafka: KafkaServer): void
  stopDrivers(): Promise<void>
  /** Stops the broker, too. */
  end(): Promise<void>
}

/** `login`: how the drivers get in, where it is not by the open door. */
export function createStage(
  name: KafkaDriverName,
  login: () => Partial<KafkaClientConfig> = () => ({}),
): OwnedStage {
  const drivers: KafkaDriver[] = []
  let kafka: KafkaServer | undefined
  const stopDrivers = async () => void (await Promise.all(drivers.map((driver) => driver.stop())))
  return {
    name,
    get kafka() {
      if (kafka === undefined) throw new Error('Kafka is not there yet')
      return kafka
    },
    driver(more) {
      const made = createDriver(name, this.kafka.bootstrap, { ...login(), ...more })
      drivers.push(made.driver)
      return made
    },
    begin(started) {
      kafka = started
    },
    stopDrivers,
    async end() {
      await stopDrivers()
      await kafka?.stop()
    },
  }
}

/** As delivery does: the same batch again until all of it is delivered. Returns what failed meanwhile. */
export async function persist(driver: KafkaDriver, batch: FrozenBatch): Promise<KafkaFailure[]> {
  const failures: KafkaFailure[] = []
  let rest: readonly FrozenBatch[] = [batch]
  while (rest.length > 0) {
    const outcomes: SendOutcome[] = []
    for (const part of rest) outcomes.push(await driver.send(part))
    const left = outcomes.flatMap((outcome) => outcome.left)
    failures.push(...left.map(({ failure }) => failure))
    rest = left.map((part) => part.batch)
    if (rest.length > 0) await sleep(100)
  }
  return failures
}

/** Numbers rise for each key, in the order of the partition. */
export function expectOrder(found: readonly { readonly key: string | null; readonly value: Buffer }[]): void {
  const last = new Map<string | null, number>()
  for (const { key, value } of found) {
    const number = Number(value.toString())
    expect(number).toBeGreaterThan(last.get(key) ?? -1)
    last.set(key, number)
  }
}
