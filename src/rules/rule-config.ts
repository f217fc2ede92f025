import type { HookPoint } from '../hooks.ts'
import type { Policy } from './policy.ts'

/** A rule as the user wrote it, checked and with the defaults filled in. */
export interface RuleConfig {
  /** Unique in its file. */
  readonly name: string
  /** At least one, none twice. */
  readonly hooks: readonly HookPoint[]
  /** Valid MQTT topic filters; null: every topic, also those that begin with `$`. */
  readonly filters: readonly string[] | null
  /** Valid MQTT topic filters whose topics never match. */
  readonly exclude: readonly string[]
  /** A legal name of a Kafka topic. */
  readonly topic: string
  /** A template without mistakes for these hooks; null: records without a key. */
  readonly key: string | null
  readonly enabled: boolean
  /** One that means something for these hooks. */
  readonly policy: Policy
}
