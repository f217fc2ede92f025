import type { Logger } from 'pino'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { Lane } from '../queue/lane.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { DropReason } from '../telemetry/ledger.ts'
import { createRareLog } from '../telemetry/rare-log.ts'
import { toDeadLetter } from './dead-letter.ts'
import type { DeadLetterFile } from './dead-letter-file.ts'

/** Where refused records end: first the topic, then the file, then a counted drop. */
export interface DeadLetters {
  /** Takes these records in flight off the lane. Never throws. */
  giveUp(lane: Lane, records: readonly KafkaRecord[], failure: KafkaFailure): void
}

export interface DeadLettersDeps {
  readonly log: Logger
  /** null: there is none. */
  readonly topic: string | null
  /** null: there is none. */
  readonly file: DeadLetterFile | null
  /** Puts `letter` in the place of the lane's record, bound for the dead-letter topic. */
  readonly toTopic: (lane: Lane, record: KafkaRecord, letter: KafkaRecord) => void
  /** Counts a record that is in the file now. */
  readonly onFiled: () => void
}

/** One device may send what Kafka refuses with every message. */
const LOG_EVERY_MS = 10_000

/** What became of a refused record. */
type Fate = 'topic' | 'file' | 'dropped'

const TEXTS: Readonly<Record<Fate, string>> = {
  topic: 'refused records go to the dead-letter topic',
  file: 'refused records are in the dead-letter file',
  dropped: 'refused records are dropped: there is nowhere to keep them',
}

export function createDeadLetters(deps: DeadLettersDeps): DeadLetters {
  const logRarely = createRareLog(deps.log, LOG_EVERY_MS)

  function one(lane: Lane, record: KafkaRecord, failure: KafkaFailure): Fate {
    if (deps.topic !== null && lane.topic !== deps.topic) {
      deps.toTopic(lane, record, toDeadLetter(record, failure, deps.topic, Date.now()))
      return 'topic'
    }
    if (deps.file?.append(record, failure)) {
      lane.discharge(record)
      deps.onFiled()
      return 'file'
    }
    lane.drop(
      [record],
      deps.file === null && lane.topic !== deps.topic ? reasonOf(failure) : 'dead_letters_failed',
    )
    return 'dropped'
  }

  return {
    giveUp(lane, records, failure) {
      const counts = new Map<Fate, number>()
      for (const record of records) {
        const fate = one(lane, record, failure)
        counts.set(fate, (counts.get(fate) ?? 0) + 1)
      }
      const { code, message: error } = failure
      for (const [fate, count] of counts) {
        const fields = { topic: lane.topic, records: count, code, error }
        logRarely(`${lane.topic} ${code} ${fate}`, 'warn', fields, TEXTS[fate])
      }
    },
  }
}

/** What a drop is counted as when there is nowhere to keep the record. */
function reasonOf({ kind, code }: KafkaFailure): DropReason {
  if (kind === 'topic') return 'topic_refused'
  return code === 'MESSAGE_TOO_LARGE' || code === 'RECORD_LIST_TOO_LARGE'
    ? 'record_too_large'
    : 'record_invalid'
}
