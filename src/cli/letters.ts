import { type DeadRecord, readDeadLetter } from '../delivery/dead-letter.ts'
import type { ReadRecord } from '../kafka/record-reader.ts'
import { kafkaTopicProblem } from '../rules/kafka-topic.ts'
import { jsonLine } from '../text/json-line.ts'
import { shown, shownText } from '../text/shown.ts'
import { tableLine } from '../text/table.ts'
import { utf8Text } from '../text/utf8.ts'
import { timeText } from './record-lines.ts'

/** A dead letter as it lies in its topic. */
export interface Letter {
  readonly record: ReadRecord & { readonly value: Buffer }
  readonly was: DeadRecord
}

/** Which dead letters are meant; null: all. */
export interface LetterFilter {
  /** The original topic. */
  readonly topic: string | null
  /** Why it died. */
  readonly code: string | null
}

/**
 * The dead letter that a record is; null when somebody else wrote it: it has no value, no legible headers of ours, or is bound
 * for a topic that no rule may write to, as Kafka's own are.
 */
export function letterOf(record: ReadRecord): Letter | null {
  const { value } = record
  if (value === null) return null
  const headers: [string, string][] = []
  for (const [name, values] of Object.entries(record.headers)) {
    const [bytes, ...more] = values
    const text = bytes === undefined || bytes === null || more.length > 0 ? null : utf8Text(bytes)
    if (text === null) return null
    headers.push([name, text])
  }
  const was = readDeadLetter(Object.fromEntries(headers))
  if (was === null) return null
  const wentNowhere = kafkaTopicProblem(was.originalTopic) !== null || was.originalTopic === record.topic
  return wentNowhere && !hasNoTopic(was) ? null : { record: { ...record, value }, was }
}

/**
 * Whether its rule found no Kafka topic that it may write to: `originalTopic` is then the template of one. One for which
 * there was only no more room (`kafka.max_topics`) has a topic.
 */
export const hasNoTopic = ({ kind, code }: DeadRecord): boolean =>
  kind === 'rule' && code !== 'TOO_MANY_TOPICS'

export const isMeant = ({ was }: Letter, { topic, code }: LetterFilter): boolean =>
  (topic === null || was.originalTopic === topic) && (code === null || was.code === code)

const HEAD = ['TIME', 'ORIGINAL TOPIC', 'KEY', 'RULE', 'CODE', 'BYTES', 'VALUE']
const WIDTHS = [24, 24, 20, 20, 26, 8, 5]

export const letterHead = (): string => `${tableLine(HEAD, WIDTHS)}\n`

/** One row: when it died, what it was bound for, its key and rule, why, how long its value was, and whether all of it is there. */
export function letterLine({ record, was }: Letter): string {
  const { timestampMs, key, value } = record
  const cells = [
    timeText(timestampMs),
    shownText(was.originalTopic),
    key === null ? '-' : shown(key),
    shownText(was.rule) || '-',
    shownText(was.code) || '-',
    String(was.cutFromBytes ?? value.length),
    was.cutFromBytes === null ? 'whole' : 'cut',
  ]
  return `${tableLine(cells, WIDTHS)}\n`
}

/** The same and more as one line of JSON, without the value, which `tail --json` prints. */
export function letterJson({ record, was }: Letter): string {
  const { partition, offset, timestampMs, key, value } = record
  const keyText = key === null ? null : utf8Text(key)
  const line = jsonLine({
    partition,
    offset,
    time: timeText(timestampMs),
    original_topic: was.originalTopic,
    original_time: timeText(was.originalTimestampMs),
    ...(key !== null && keyText === null ? { key_base64: key.toString('base64') } : { key: keyText }),
    rule: was.rule,
    kind: was.kind,
    code: was.code,
    error: was.error,
    bytes: was.cutFromBytes ?? value.length,
    cut: was.cutFromBytes !== null,
  })
  return `${line}\n`
}
