import type { KafkaDriver, KafkaFailure } from '../kafka/kafka-driver.ts'
import type { ReadBatch, RecordReader } from '../kafka/record-reader.ts'
import { type KafkaRecord, recordBytes } from '../rules/kafka-record.ts'
import { DEFAULT_POLICY } from '../rules/policy.ts'
import { shownText } from '../text/shown.ts'
import { counted } from '../text/table.ts'
import { deliver } from './deliver.ts'
import { hasNoTopic, isMeant, type Letter, type LetterFilter, letterLine, letterOf } from './letters.ts'
import type { CommandOutput } from './stream-output.ts'

export interface RedriveOptions extends LetterFilter {
  readonly deadLetterTopic: string
  /** Put back so many at most. */
  readonly max: number
  /** Print what would be put back, and do nothing. */
  readonly dryRun: boolean
}

export interface RedriveDeps {
  readonly reader: RecordReader
  readonly driver: KafkaDriver
  readonly out: CommandOutput
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** Default: 1 s. */
  readonly retryAfterMs?: number
}

/** Remembers what was put back. With a filter another group does, see `redriveGroups`. */
export const REDRIVE_GROUP = 'exhook-kafka-redrive'

/** What is sent together at most. */
const MAX_RUN_RECORDS = 500
const MAX_RUN_BYTES = 512 * 1024

/**
 * The group that remembers where a redrive with this filter stands, and those of the wider filters, whose progress counts for it
 * as well. One group for all would lose letters: what a filter leaves out would count as put back. No name of a topic
 * has a comma.
 */
export function redriveGroups({ topic, code }: LetterFilter): { own: string; wider: readonly string[] } {
  const byTopic = `${REDRIVE_GROUP},topic=${topic}`
  const byCode = `${REDRIVE_GROUP},code=${code}`
  if (topic !== null && code !== null) {
    return { own: `${byTopic},code=${code}`, wider: [REDRIVE_GROUP, byTopic, byCode] }
  }
  if (topic !== null) return { own: byTopic, wider: [REDRIVE_GROUP] }
  return code !== null ? { own: byCode, wider: [REDRIVE_GROUP] } : { own: REDRIVE_GROUP, wider: [] }
}

/** Letters that are sent together, and how far their partition is dealt with when they are acknowledged. */
interface Run {
  readonly topic: string
  readonly letters: { readonly letter: Letter; readonly record: KafkaRecord }[]
  bytes: number
}

/**
 * Puts dead letters back where they were bound for, in the order of their partition, from where the last redrive ended to
 * the present end. The place is committed only up to where every letter before it is acknowledged by Kafka, cut, without a topic, left out by
 * the filter or none of ours. At the first letter that Kafka refuses it ends; that one is the first of the next
 * redrive. Gives whether it came to the end.
 * @throws KafkaReadError
 */
export async function runDeadLettersRedrive(options: RedriveOptions, deps: RedriveDeps): Promise<boolean> {
  const { deadLetterTopic, max, dryRun } = options
  const { reader, driver, out, signal, nowMs, retryAfterMs } = deps
  const { own, wider } = redriveGroups(options)
  const tally = { redriven: 0, cut: 0, topicless: 0, foreign: 0, leftOut: 0, topics: new Set<string>() }
  let refused: { readonly letter: Letter; readonly failure: KafkaFailure } | null = null
  let twice = 0

  /** Deals with one partition's letters; false: it is to end here. */
  async function redrive({ partition, records }: ReadBatch): Promise<boolean> {
    let run: Run | null = null
    let committed = -1

    /** Sends what is gathered, then commits that all before `next` is dealt with. */
    async function settle(next: number): Promise<boolean> {
      const { letters = [], topic = '' } = run ?? {}
      run = null
      let dealtWith = next
      if (letters.length > 0) {
        const sent = letters.map(({ record }) => record)
        const { delivered, failure } = await deliver(driver, topic, sent, { signal, retryAfterMs })
        const first = letters.findIndex(({ record }) => !delivered.has(record))
        const acknowledged = first < 0 ? letters.length : first
        tally.redriven += acknowledged
        if (acknowledged > 0) tally.topics.add(topic)
        const stuck = letters[first]?.letter
        if (stuck !== undefined && failure !== null) {
          dealtWith = stuck.record.offset
          twice += delivered.size - acknowledged
          refused = { letter: stuck, failure }
        }
      }
      if (dealtWith > committed) await reader.commit(own, deadLetterTopic, partition, dealtWith)
      committed = dealtWith
      return refused === null
    }

    for (const record of records) {
      if (signal.aborted) return (await settle(record.offset)) && false
      const letter = letterOf(record)
      if (letter === null) tally.foreign++
      else if (!isMeant(letter, options)) tally.leftOut++
      else if (letter.was.cutFromBytes !== null) tally.cut++
      else if (hasNoTopic(letter.was)) tally.topicless++
      else if (dryRun) {
        if (!(await out.print(letterLine(letter)))) return false
        tally.redriven++
        tally.topics.add(letter.was.originalTopic)
        if (tally.redriven >= max) return false
      } else {
        const made = redrivenRecord(letter, nowMs())
        const fits = run === null || hasRoom(run, made)
        if (!fits && !(await settle(record.offset))) return false
        run ??= { topic: made.topic, letters: [], bytes: 0 } as Run
        run.letters.push({ letter, record: made })
        run.bytes += made.bytes
        if (tally.redriven + run.letters.length >= max) return (await settle(record.offset + 1)) && false
      }
    }
    return dryRun || settle((records.at(-1)?.offset ?? -1) + 1)
  }

  const request = { topic: deadLetterTopic, from: 'earliest', toEnd: true, signal } as const
  const batches = reader.read({ ...request, group: own, alsoPassedBy: wider })
  try {
    for await (const batch of batches) if (!(await redrive(batch))) break
  } catch (error) {
    await out.print(summary(tally, dryRun))
    throw error
  }

  await out.print(summary(tally, dryRun))
  if (refused !== null) await out.print(refusal(refused, twice))
  else if (signal.aborted) await out.print('stopped before the end: the next redrive goes on from here\n')
  return refused === null && !signal.aborted
}

const hasRoom = (run: Run, { topic, bytes }: KafkaRecord): boolean =>
  run.topic === topic && run.letters.length < MAX_RUN_RECORDS && run.bytes + bytes <= MAX_RUN_BYTES

/** The record as it was; with the present time where its own is what Kafka refused, or not legible. */
function redrivenRecord({ record, was }: Letter, nowMs: number): KafkaRecord {
  const { originalTopic: topic, originalTimestampMs: timestampMs, headers, rule, code } = was
  const parts = { topic, key: record.key, value: record.value, headers }
  const keepsTime = code !== 'INVALID_TIMESTAMP' && Number.isSafeInteger(timestampMs) && timestampMs > 0
  return {
    ...parts,
    partition: code === 'INVALID_PARTITION' ? null : was.originalPartition,
    timestampMs: keepsTime ? timestampMs : nowMs,
    receivedAtMs: nowMs,
    rule,
    policy: DEFAULT_POLICY,
    bytes: recordBytes(parts),
    seq: 0,
  }
}

interface Tally {
  readonly redriven: number
  readonly cut: number
  readonly topicless: number
  readonly foreign: number
  readonly leftOut: number
  readonly topics: ReadonlySet<string>
}

function summary({ redriven, cut, topicless, foreign, leftOut, topics }: Tally, dryRun: boolean): string {
  const verb = dryRun ? 'would be put back' : 'put back'
  const where = topics.size === 0 ? '' : ` to ${[...topics].map(shownText).join(', ')}`
  return [
    `${counted(redriven, 'dead letter')} ${verb}${where}`,
    ...(cut > 0 ? [`${cut} skipped: cut, so no longer whole`] : []),
    ...(topicless > 0 ? [`${topicless} skipped: their rule has no Kafka topic for them`] : []),
    ...(leftOut > 0 ? [`${leftOut} left out by the filter: they stay for other redrives`] : []),
    ...(foreign > 0 ? [`${foreign} skipped: none of ours`] : []),
    '',
  ].join('\n')
}

function refusal(
  { letter: { record, was }, failure }: { readonly letter: Letter; readonly failure: KafkaFailure },
  twice: number,
): string {
  const place = `${record.partition}@${record.offset}`
  const later = twice === 0 ? '' : ` ${twice} after it had gone and will go once more.`
  return (
    `Kafka refused ${place} again, bound for ${shownText(was.originalTopic)}: ${shownText(failure.code)}: ` +
    `${shownText(failure.message)}\nIt and all after it stay, and the next redrive begins with it.${later} ` +
    'Mend what Kafka refuses, or go round it with --topic or --code.\n'
  )
}
