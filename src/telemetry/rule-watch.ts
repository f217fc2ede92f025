import type { Logger } from 'pino'
import type { RuleError } from '../rules/surroundings.ts'
import type { Metrics } from './metrics.ts'
import { createRareLog } from './rare-log.ts'

/** A device may make a rule fail with every message: each rule is heard of once a minute for each kind of error. */
const LOG_EVERY_MS = 60_000

/** Counts each event with which a rule could not do its work, and logs some; nothing of what a device sent is logged. */
export function createRuleWatch(deps: {
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'ruleFailed'>
}): (rule: string, error: RuleError) => void {
  const logRarely = createRareLog(deps.log, LOG_EVERY_MS)
  return (rule, { code, message }) => {
    deps.metrics.ruleFailed(rule, code)
    logRarely(`${code} ${rule}`, 'warn', { rule, code, error: message }, MEANINGS[code])
  }
}

const NO_CONDITION = 'the condition of a rule cannot be evaluated: such events do not match it'
const NO_TOPIC = 'a rule finds no Kafka topic for its records'
const MEANINGS: { readonly [code in RuleError['code']]: string } = {
  CONDITION_FAILED: NO_CONDITION,
  JSON_TOO_LARGE: NO_CONDITION,
  JSON_TOO_DEEP: NO_CONDITION,
  PARTITION_ILLEGAL: 'the `partition` of a rule makes no number of a partition: the key chooses it',
  EVENT_TOO_LARGE: 'an event would make more records than there is room for: they are dropped',
  TOPIC_MISSING_FIELD: NO_TOPIC,
  TOPIC_ILLEGAL: NO_TOPIC,
  TOPIC_NOT_ALLOWED: NO_TOPIC,
  TOO_MANY_TOPICS: NO_TOPIC,
}
