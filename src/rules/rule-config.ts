import type { HookPoint } from '../hooks.ts'
import type { FormatName } from './formats/format-names.ts'
import type { Policy } from './policy.ts'

/** Which time a record carries: the message's (where there is one), or that of the hook call. */
export type TimestampChoice = 'event' | 'now'

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
  /** A condition without mistakes for these hooks; null: always. */
  readonly when: string | null
  /** A legal name of a Kafka topic; with `allow`, a template of one. */
  readonly topic: string
  /** The Kafka topics that the template may make, each a name or a beginning with `*` behind it; null: `topic` is no template. */
  readonly allow: readonly string[] | null
  /** A template without mistakes for these hooks; null: records without a key. */
  readonly key: string | null
  /** Templates without mistakes for these hooks, by the name of the header. */
  readonly headers: ReadonlyMap<string, string>
  /** A number, or a template without mistakes; null: by key. */
  readonly partition: string | null
  readonly timestamp: TimestampChoice
  readonly format: FormatName
  readonly enabled: boolean
  /** One that means something for these hooks. */
  readonly policy: Policy
}
