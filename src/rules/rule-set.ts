import type { HookEvent } from '../events/hook-event.ts'
import type { HookPoint } from '../hooks.ts'
import type { FormatName } from './formats/format-names.ts'
import type { KafkaRecord } from './kafka-record.ts'
import type { Policy } from './policy.ts'
import type { GetRequest, RuleInput } from './rule-input.ts'
import type { Surroundings } from './surroundings.ts'

/** A rule of the file, compiled. */
export interface Rule {
  readonly name: string
  readonly hooks: readonly HookPoint[]
  /** The Kafka topic its records go to; with `allow`, a template of one. */
  readonly topic: string
  /** What the template may make, each a name or a beginning with `*` behind it; null: `topic` is a fixed name. */
  readonly allow: readonly string[] | null
  readonly format: FormatName
  readonly policy: Policy
  /**
   * The record it makes of an event; a dead letter when its Kafka topic cannot be told. null: none, because its
   * condition does not hold, or because there are no dead letters (the surroundings are told).
   */
  toRecord(input: RuleInput, around: Surroundings): KafkaRecord | null
}

/** The enabled rules of one file, compiled whole. */
export interface RuleSet {
  readonly rules: readonly Rule[]
  /**
   * The rules that match, in the file's order; an empty array when none does. `topic` is the message's or the
   * subscription's ('' for a hook without one). Cheap: a bounded cache in front of a trie; never throws.
   */
  match(hook: HookPoint, topic: string): readonly Rule[]
  /**
   * The records of an event, one for each rule that matches (and, for client.(un)subscribe, each filter). Never throws.
   * `getRequest` gives the bytes of the hook call to rules of the format `protobuf`; without it their values are empty.
   */
  apply(event: HookEvent, getRequest?: GetRequest, around?: Surroundings): readonly KafkaRecord[]
  /**
   * The hooks that the rules need, each with the topic filters to push down to EMQX: empty when some rule takes
   * every topic, and always empty for hooks whose filters EMQX ignores (all but message.publish, delivered, acked, dropped).
   */
  readonly interests: ReadonlyMap<HookPoint, readonly string[]>
}
