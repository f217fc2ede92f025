import { lossBound, recoveredOf, renewalsOf } from './promises.ts'
import type { Outcome } from './run-scenario.ts'

const HEAD = [
  ...[
    'fault',
    'queue',
    'reply',
    'driver',
    'answered',
    'rejected',
    'unhooked',
    'lost',
    'twice',
    'out of order',
  ],
  ...['ids renewed', 'most queued', 'recovered', 'reply p50 / p99 ms', 'longest ms', 'promise'],
]

export interface MatrixRow {
  readonly cells: readonly string[]
  readonly kept: boolean
}

export function rowOf(outcome: Outcome, broken: readonly string[]): MatrixRow {
  const { scenario, inKafka } = outcome
  const bound = lossBound(outcome)
  const lost = inKafka.missing.length
  const cells = [
    scenario.fault.text,
    ...[scenario.queue, scenario.reply, scenario.driver],
    ...[outcome.answered, outcome.rejected, outcome.unhooked],
    bound > 0 ? `${lost} (≤ ${bound})` : lost,
    ...[inKafka.duplicates, inKafka.outOfOrder, renewalsOf(outcome)],
    Math.max(...outcome.lives.map(({ mostQueued }) => mostQueued)),
    recoveredOf(outcome),
    `${outcome.p50Ms.toFixed(1)} / ${outcome.p99Ms.toFixed(1)}`,
    Math.round(outcome.longestMs),
    broken.length === 0 ? 'kept' : `**BROKEN**: ${broken.join('; ')}`,
  ]
  return { cells: cells.map(String), kept: broken.length === 0 }
}

/** A row for what could not be counted. */
export function failedRow(names: readonly string[], why: string): MatrixRow {
  return {
    cells: [...names, ...HEAD.slice(names.length + 1).map(() => ''), `**NOT RUN**: ${why}`],
    kept: false,
  }
}

export const markdownRow = ({ cells }: MatrixRow): string => `| ${cells.join(' | ')} |`

export const markdownTable = (rows: readonly MatrixRow[]): string =>
  [`| ${HEAD.join(' | ')} |`, `|${HEAD.map(() => '---|').join('')}`, ...rows.map(markdownRow)].join('\n')
