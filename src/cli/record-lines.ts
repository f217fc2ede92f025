import type { ReadRecord } from '../kafka/record-reader.ts'
import { jsonLine } from '../text/json-line.ts'
import { shownValue, valueAsJson } from '../text/record-value.ts'
import { shown } from '../text/shown.ts'
import { utf8Text } from '../text/utf8.ts'

/** The header in which every record of ours names its hook point. */
const EVENT_HEADER = 'emqx-event'

/** `0@17  2026-01-02T03:04:05.678Z  key  message.publish  {…}`: one line, whatever the record holds. */
export function recordLine(record: ReadRecord): string {
  const { partition, offset, timestampMs, key, value, headers } = record
  const event = headers[EVENT_HEADER]?.at(-1) ?? null
  const parts = [
    `${partition}@${offset}`,
    timeText(timestampMs),
    key === null ? '-' : shown(key),
    event === null ? '-' : shown(event),
    shownValue(value),
  ]
  return `${parts.join('  ')}\n`
}

/**
 * The record as one line of JSON: `topic`, `partition`, `offset`, `time`, `key` (or `key_base64`), `headers`, `bytes` of the value
 * (null when there is none) and `value`, which is the record's own JSON, or `value_base64` when it is none.
 */
export function recordJson(record: ReadRecord): string {
  const { topic, partition, offset, timestampMs, key, value, headers } = record
  const keyText = key === null ? null : utf8Text(key)
  const head = jsonLine({
    topic,
    partition,
    offset,
    time: timeText(timestampMs),
    ...(key !== null && keyText === null ? { key_base64: key.toString('base64') } : { key: keyText }),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => {
        const shown = values.map(headerJson)
        return [name, shown.length === 1 ? shown[0] : shown]
      }),
    ),
    bytes: value?.length ?? null,
  })
  const json = value === null ? 'null' : valueAsJson(value)
  const tail = json === undefined ? `"value_base64":"${value?.toString('base64')}"` : `"value":${json}`
  return `${head.slice(0, -1)},${tail}}\n`
}

function headerJson(value: Buffer | null): unknown {
  if (value === null) return null
  return utf8Text(value) ?? { base64: value.toString('base64') }
}

/** ISO 8601 in UTC; a record may hold any number for a time. */
export function timeText(ms: number): string {
  const time = new Date(ms)
  return Number.isNaN(time.getTime()) ? `${ms} ms` : time.toISOString()
}
