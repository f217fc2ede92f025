import type { KafkaRecord } from '../rules/kafka-record.ts'
import { prettyJson } from '../text/pretty-json.ts'
import { shown, shownBytes, shownText } from '../text/shown.ts'
import { counted, table } from '../text/table.ts'
import { utf8Text } from '../text/utf8.ts'
import { outcomeLines } from './outcome-text.ts'
import { timeText } from './record-lines.ts'
import { defaultsOf, type Trial } from './trial.ts'

/** A trial for people: the event, each rule (below it each topic filter, where the event has several), each record. */
export function trialText(trial: Trial): string {
  const { outcomes, records } = trial.explanation
  const { hook } = trial.event
  const rules = outcomes.flatMap((outcome) =>
    outcomeLines(outcome, hook).map(({ made, topic, text }) => [
      made ? '+' : '-',
      topic === null ? outcome.rule.name : `  ${shownText(topic)}`,
      text,
    ]),
  )
  return [
    headText(trial),
    '\n',
    table(rules),
    ...records.map((record, index) => `\n${recordText(record, index + 1)}`),
    records.length === 0 ? '\nno record\n' : '',
  ].join('')
}

function headText(trial: Trial): string {
  const { event } = trial.call
  const topics =
    'filters' in event ? event.filters.map(({ name }) => name) : 'topic' in event ? [event.topic] : []
  const what = [
    event.hook,
    `client ${shownText(event.clientid)}`,
    ...topics.map((topic) => `topic ${shownText(topic)}`),
  ]
  const defaults = defaultsOf(trial).map(([name, value]) => `${name}=${value}`)
  const told = defaults.length === 0 ? '' : `not given, so: ${defaults.join(' ')}\n`
  return `${what.join(', ')}\n${told}`
}

function recordText(record: KafkaRecord, number: number): string {
  const { rule, topic, partition, key, timestampMs, bytes, headers } = record
  const fields = [
    ['topic', topic],
    ['partition', partition === null ? (key === null ? 'any' : 'by key') : String(partition)],
    ['key', key === null ? 'null' : `${shown(key)}${key.length === 0 ? '(empty)' : ''}`],
    ['timestamp', `${timestampMs} (${timeText(timestampMs)})`],
    ...Object.entries(headers).map(([name, value], index) => [
      index === 0 ? 'headers' : '',
      `${shownText(name)}: ${shownText(value)}`,
    ]),
    ['value', valueKind(record.value)],
  ]
  const value = valueLines(record.value)
    .map((line) => `    ${line}\n`)
    .join('')
  return [
    `record ${number}, by rule ${rule}, ${counted(bytes, 'byte')} in the queue\n`,
    table(fields.map(([name = '', text = '']) => [`  ${name}`, text])),
    value,
  ].join('')
}

function valueKind(value: Buffer): string {
  const text = utf8Text(value)
  const kind = text === null ? 'bytes' : prettyJson(text) === null ? 'text' : 'JSON'
  return value.length === 0 ? 'empty' : `${kind}, ${counted(value.length, 'byte')}`
}

/** JSON over several lines, other text on one, bytes in hex or base64. */
function valueLines(value: Buffer): readonly string[] {
  if (value.length === 0) return []
  const text = utf8Text(value)
  if (text === null) return [shownBytes(value)]
  return (prettyJson(text) ?? shownText(text)).split('\n')
}
