import type { RecordReader } from '../kafka/record-reader.ts'
import { shownText } from '../text/shown.ts'
import { counted, table } from '../text/table.ts'
import {
  isMeant,
  type Letter,
  type LetterFilter,
  letterHead,
  letterJson,
  letterLine,
  letterOf,
} from './letters.ts'
import type { CommandOutput } from './stream-output.ts'

export interface ListOptions extends LetterFilter {
  readonly deadLetterTopic: string
  /** `list` ends at the present end of the topic; `watch` begins there. */
  readonly follow: boolean
  /** End after so many. */
  readonly max: number
  readonly json: boolean
}

export interface ListDeps {
  readonly reader: RecordReader
  readonly out: CommandOutput
  readonly signal: AbortSignal
  readonly onStart?: () => void
}

/**
 * Prints the dead letters, one line each: those that are there, and then a summary by original topic and code (no summary in
 * JSON), or with `follow` those that come. Nothing is committed.
 * @throws KafkaReadError
 */
export async function runDeadLettersList(options: ListOptions, deps: ListDeps): Promise<void> {
  const { deadLetterTopic, follow, max, json } = options
  const { reader, out, signal, onStart } = deps
  const tally = createTally()
  if (!json && !(await out.print(letterHead()))) return

  const request = {
    from: follow ? 'latest' : 'earliest',
    toEnd: !follow,
    topic: deadLetterTopic,
    signal,
  } as const
  reading: for await (const { records } of reader.read({ ...request, ...(onStart && { onStart }) })) {
    for (const record of records) {
      const letter = letterOf(record)
      if (letter === null) tally.foreign++
      else if (isMeant(letter, options)) {
        if (!(await out.print(json ? letterJson(letter) : letterLine(letter)))) return
        tally.add(letter)
        if (tally.count() >= max || signal.aborted) break reading
      }
    }
  }
  if (!json) await out.print(tally.text())
}

function createTally() {
  const rows = new Map<string, { readonly cells: readonly string[]; whole: number; cut: number }>()
  let letters = 0
  return {
    foreign: 0,
    count: () => letters,
    add({ was }: Letter): void {
      letters++
      const cells = [shownText(was.originalTopic), shownText(was.code) || '-']
      const row = rows.get(cells.join(' ')) ?? { cells, whole: 0, cut: 0 }
      rows.set(cells.join(' '), row)
      if (was.cutFromBytes === null) row.whole++
      else row.cut++
    },
    text(): string {
      const lines = [...rows.values()].map(({ cells, whole, cut }) => [...cells, String(whole), String(cut)])
      const sums =
        lines.length === 0 ? '' : `\n${table([['ORIGINAL TOPIC', 'CODE', 'WHOLE', 'CUT'], ...lines])}`
      const others = this.foreign === 0 ? '' : `, and ${counted(this.foreign, 'record')} of others`
      return `${sums}\n${counted(letters, 'dead letter')}${others}\n`
    },
  }
}
