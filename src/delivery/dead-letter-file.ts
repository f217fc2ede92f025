import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import type { Logger } from 'pino'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { readDeadLetter } from './dead-letter.ts'

/** A file of dead letters that reached no topic, a line of JSON each. It grows up to a bound. */
export interface DeadLetterFile {
  /** Writes the record; false when the file is full or cannot be written, which is logged once until it works again. */
  append(record: KafkaRecord, failure: KafkaFailure): boolean
  close(): void
}

export interface DeadLetterFileConfig {
  readonly path: string
  readonly maxBytes: number
}

/** Nothing is opened before the first dead letter. Bytes of key and value are base64. */
export function createDeadLetterFile(config: DeadLetterFileConfig, log: Logger): DeadLetterFile {
  let file: number | null = null
  let size = 0
  let troubled = false

  function trouble(fields: object, message: string): false {
    if (!troubled) log.error({ file: config.path, ...fields }, message)
    troubled = true
    return false
  }

  return {
    append(record, failure) {
      const line = Buffer.from(`${JSON.stringify(lineOf(record, failure))}\n`)
      try {
        if (file === null) {
          file = openSync(config.path, 'a', 0o600)
          size = fstatSync(file).size
        }
        if (size + line.length > config.maxBytes) {
          return trouble(
            { maxBytes: config.maxBytes },
            'the file of dead letters is full: further ones are dropped',
          )
        }
        writeSync(file, line)
        size += line.length
        troubled = false
        return true
      } catch (error) {
        return trouble(
          { error: String(error) },
          'the file of dead letters cannot be written: they are dropped',
        )
      }
    },
    close() {
      if (file !== null) closeSync(file)
      file = null
    },
  }
}

function lineOf(record: KafkaRecord, failure: KafkaFailure): object {
  const dead = readDeadLetter(record.headers)
  return {
    time: new Date().toISOString(),
    topic: dead?.originalTopic ?? record.topic,
    rule: record.rule,
    code: dead?.code ?? failure.code,
    error: dead?.error ?? failure.message,
    timestamp: dead?.originalTimestampMs ?? record.timestampMs,
    key: record.key?.toString('base64') ?? null,
    value: record.value.toString('base64'),
    cut_from: dead?.cutFromBytes ?? null,
    headers: dead?.headers ?? record.headers,
  }
}
