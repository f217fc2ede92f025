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

export function createDeadLetters(deps: DeadLettersDeps): DeadLetters {
  const logRarely = createRareLog(deps.log, LOG_EVERY_MS)

  function one(lane: Lane, record: KafkaRecord, failure: KafkaFailure): void {
    if (deps.topic !== null && lane.topic !== deps.topic) {
      deps.toTopic(lane, record, toDeadLetter(record, failure, deps.topic, Date.now()))
    } else if (deps.file?.append(record, failure)) {
      lane.discharge(record)
      deps.onFiled()
    } else {
      lane.drop(
        [record],
        deps.file === null && lane.topic !== deps.topic ? reasonOf(failure) : 'dead_letters_failed',
      )
    }
  }

  return {
    giveUp(lane, records, failure) {
      for (const record of records) one(lane, record, failure)
      const kept = deps.topic !== null && lane.topic !== deps.topic
      const text = kept
        ? 'refused records go to the dead letters'
        : 'refused records reach no dead-letter topic'
      const fields = {
        topic: lane.topic,
        records: records.length,
        code: failure.code,
        error: failure.message,
      }
      logRarely(`${lane.topic} ${failure.code}`, 'warn', fields, text)
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
