import type { Logger } from 'pino'
import type { ProducerId } from './broker-link.ts'
import { createProducerSequences, type ProducerSequences } from './producer-sequences.ts'

/** One producer id with its numbers, from the moment Kafka gave it to its replacement. */
export interface ProducerLife {
  readonly id: ProducerId
  readonly sequences: ProducerSequences
}

/** The one idempotent producer, and its replacement when it can no longer be used. */
export interface PlatformaticProducers {
  /** The producer in use. Rejects when Kafka gives none; the next call tries again. */
  current(): Promise<ProducerLife>
  /** Takes a producer out of use, once. The next `current` asks for another. */
  retire(life: ProducerLife, why: string): void
}

export interface ProducersDeps {
  readonly log: Logger
  readonly newProducerId: () => Promise<ProducerId>
  /** A new producer id: what was under way may be in Kafka twice. */
  readonly onRenewal: () => void
}

export function createPlatformaticProducers(deps: ProducersDeps): PlatformaticProducers {
  let asking: Promise<ProducerLife> | null = null
  let life: ProducerLife | null = null

  async function ask(): Promise<ProducerLife> {
    try {
      life = { id: await deps.newProducerId(), sequences: createProducerSequences() }
      return life
    } finally {
      asking = null
    }
  }

  return {
    current() {
      if (life !== null) return Promise.resolve(life)
      asking ??= ask()
      return asking
    },
    retire(old, why) {
      if (life !== old) return
      life = null
      deps.log.warn({ why }, 'the Kafka producer is replaced: records under way may arrive twice')
      deps.onRenewal()
    },
  }
}
