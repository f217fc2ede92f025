import type { ReadRecord, RecordReader } from '../kafka/record-reader.ts'
import { recordJson, recordLine } from './record-lines.ts'
import type { CommandOutput } from './stream-output.ts'

export interface TailOptions {
  readonly topic: string
  /** Begin where this group stands, and commit for it what was printed; null: no group, nothing committed. */
  readonly group: string | null
  readonly from: 'earliest' | 'latest'
  /** End after so many records. */
  readonly max: number
  readonly json: boolean
}

export interface TailDeps {
  readonly reader: RecordReader
  readonly out: CommandOutput
  /** Ends it. */
  readonly signal: AbortSignal
  /** Told when what comes from now on will be printed. */
  readonly onStart?: () => void
}

/**
 * Prints the records of a topic as they come, one line each, until the signal, `max` or the end of whoever reads. What was
 * written is committed, record for record, also when the end comes in the middle of a batch.
 * @throws KafkaReadError
 */
export async function runTail(
  options: TailOptions,
  { reader, out, signal, onStart }: TailDeps,
): Promise<void> {
  const { topic, group, from, max, json } = options
  const line = json ? recordJson : recordLine
  let printed = 0

  /** The records of these that were written. */
  async function print(records: readonly ReadRecord[]): Promise<readonly ReadRecord[]> {
    for (const [i, record] of records.entries()) {
      if (signal.aborted || printed >= max || !(await out.print(line(record)))) return records.slice(0, i)
      printed++
    }
    return records
  }

  const request = {
    topic,
    from,
    signal,
    toEnd: false,
    ...(group !== null && { group }),
    ...(onStart && { onStart }),
  }
  for await (const { partition, records } of reader.read(request)) {
    const written = await print(records)
    const last = written.at(-1)
    if (group !== null && last !== undefined) await reader.commit(group, topic, partition, last.offset + 1)
    if (written.length < records.length || printed >= max) return
  }
}
