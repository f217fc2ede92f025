import type { KafkaRecord } from '../rules/kafka-record.ts'
import { jsonLine } from '../text/json-line.ts'
import { valueAsJson } from '../text/record-value.ts'
import { utf8Text } from '../text/utf8.ts'
import { defaultsOf, type Trial } from './trial.ts'

/**
 * A trial as one line of JSON: `event` (the hook), `defaults`, `rules` (each `name`, `made` and, where it made none, `reason`, with `errors`) and
 * `records`. A record has `rule`, `topic`, `partition` (null: by key), `key` (null: none; or `key_base64`), `headers`, `timestamp` in ms, `bytes`
 * (in the queue), `value_base64`, and `value` where the value is JSON.
 */
export function trialJson(trial: Trial): string {
  const { outcomes, records } = trial.explanation
  const head = jsonLine({
    event: trial.event.hook,
    defaults: Object.fromEntries(defaultsOf(trial)),
    rules: outcomes.map(({ rule, reason, records: made, errors }) => ({
      name: rule.name,
      made: made.length,
      ...(reason !== null && { reason }),
      ...(errors.length > 0 && { errors }),
    })),
  })
  return `${head.slice(0, -1)},"records":[${records.map(recordJson).join(',')}]}\n`
}

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
