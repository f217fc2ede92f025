import { HOOKS } from '../hooks.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { jsonLine } from '../text/json-line.ts'
import { valueAsJson } from '../text/record-value.ts'
import { utf8Text } from '../text/utf8.ts'
import type { RuleOutcome } from '../trial/explain.ts'
import { defaultsOf, type Trial } from './trial.ts'

/**
 * A trial as one line of JSON: `event` (the hook), `defaults`, `rules` and `records`. A rule has `name`, `made` (how many records), where it made none
 * `reason`, and `errors` where there are some; of an event with a topic also `topics`, unless the reason is `disabled` or `hook`: of each topic filter
 * of a client.subscribe or client.unsubscribe, else of the one topic, `topic`, `made`, `reason`, `errors` in the same way, and with the
 * reason `exclude` `excluded_by`, the filter of the rule that takes it away. A record has `rule`, `topic`, `partition` (null: by key), `key` (null: none; or `key_base64`), `headers`, `timestamp` in ms, `bytes`
 * (in the queue), `value_base64`, and `value` where the value is JSON.
 */
export function trialJson(trial: Trial): string {
  const { outcomes, records } = trial.explanation
  const head = jsonLine({
    event: trial.event.hook,
    defaults: Object.fromEntries(defaultsOf(trial)),
    rules: outcomes.map(({ rule, topics, ...all }) => ({
      name: rule.name,
      ...madeOf(all),
      ...(hasTopics(trial, all) && {
        topics: topics.map(({ topic, excludedBy, ...one }) => ({
          topic,
          ...madeOf(one),
          ...(excludedBy !== null && { excluded_by: excludedBy }),
        })),
      }),
    })),
  })
  return `${head.slice(0, -1)},"records":[${records.map(recordJson).join(',')}]}\n`
}

const madeOf = ({ records, reason, errors }: Pick<RuleOutcome, 'records' | 'reason' | 'errors'>) => ({
  made: records.length,
  ...(reason !== null && { reason }),
  ...(errors.length > 0 && { errors }),
})

const hasTopics = ({ event }: Trial, { reason }: Pick<RuleOutcome, 'reason'>): boolean =>
  HOOKS.get(event.hook)?.topic !== 'none' && reason !== 'disabled' && reason !== 'hook'

function recordJson(record: KafkaRecord): string {
  const { rule, topic, partition, key, headers, timestampMs, bytes, value } = record
  const keyText = key === null ? null : utf8Text(key)
  const head = jsonLine({
    rule,
    topic,
    partition,
    ...(key !== null && keyText === null ? { key_base64: key.toString('base64') } : { key: keyText }),
    headers,
    timestamp: timestampMs,
    bytes,
    value_base64: value.toString('base64'),
  })
  // As it is, so that no digit is lost.
  const json = valueAsJson(value)
  return json === undefined ? head : `${head.slice(0, -1)},"value":${json}}`
}
