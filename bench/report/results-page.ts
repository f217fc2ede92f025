import type { OrderVerdict } from '../measure/order-check.ts'
import { median } from '../measure/statistics.ts'
import type { Scenario } from '../scenarios.ts'
import { isOurs, SUBJECTS, type SubjectName } from '../subjects.ts'
import { medianOf, type Run, valuesOf } from './run.ts'
import { type Target, targetLine } from './targets.ts'

export interface Results {
  readonly runs: readonly Run[]
  readonly scenarios: readonly Scenario[]
  readonly verdicts: ReadonlyMap<SubjectName, OrderVerdict>
  /** What our servers themselves say that they dropped, by reason. */
  readonly dropped: ReadonlyMap<SubjectName, Readonly<Record<string, number>>>
  readonly targets: readonly Target[]
  /** Phases in which calls failed; they count for no figure. */
  readonly failures: readonly { readonly subject: SubjectName; readonly what: string }[]
  /** Peers that were not measured, and why. */
  readonly leftOut: readonly string[]
  readonly circumstances: string
  readonly command: string
  readonly rounds: number
  readonly seconds: number
  readonly loadProgram: string
  /** The file of the picture beside the page. */
  readonly picture: string
}

/** `bench/RESULTS.md`, whole. */
export const resultsPage = (results: Results): string => `# What an event costs

Made by \`${results.command}\`; do not edit. ${results.circumstances}.

![CPU an event, and the slowest replies, of each server](${results.picture})

${results.targets.map((target) => `- ${targetLine(target)}`).join('\n')}

How it was measured:

- All servers run at once, each in a process of its own, and are loaded one after the other: ${results.rounds} rounds in rotating order, ${results.seconds} s each
  after a warm-up. Figures are medians of the rounds; ratios are medians of each round's own.
- The load behaves as EMQX does: 8 HTTP/2 connections, a client always on the one that the hash of its id picks, one call of a
  client in flight. It is a program of its own (${results.loadProgram}), and calls OnMessagePublish of 380 bytes where nothing else is said.
- In an open loop a call is due at its time, and its latency counts from then, however late the load program or the server comes to it.
- **CPU** is user and system time of the server's process and its children (Linux, \`/proc\`), an answered call: of ours all the way into
  Kafka, of the bare ones of the answer alone. Kafka's own CPU is nobody's. **RSS** is VmRSS at the end, **peak** VmHWM since the start.
- **GC** and **loop delay** are those of \`perf_hooks\` inside each Node server (entries of type \`gc\`; how late a timer of 10 ms is).
- **Queued** is how many records Kafka had not acknowledged at the end of the ${results.seconds} s; sending them is not in the CPU of the answered calls.
- A full queue slows the load down (\`overflow: wait\` on every rule), so nothing may be missing. A real Kafka: acks=all, 6 partitions, one broker on the same machine.

${results.scenarios.map((scenario) => scenarioPart(scenario, results.runs)).join('\n\n')}

## In Kafka

Every call that was answered, warm-ups included, against what a consumer found; each call has a number.

| server | answered | found | missing | of these counted as dropped | doubled | out of order | devices on more than one partition |
|---|---|---|---|---|---|---|---|
${[...results.verdicts].map(([subject, verdict]) => verdictRow(subject, verdict, results.dropped.get(subject))).join('\n')}
${list(
  'Calls that failed',
  results.failures.map(({ subject, what }) => `${SUBJECTS[subject]}: ${what}`),
)}${list('Left out', results.leftOut)}`

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `\n## ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}\n`

const COLUMNS = [
  ...['server', 'events/s', 'CPU µs/event', 'p50 ms', 'p90', 'p99', 'p99.9', 'max'],
  ...['RSS MB', 'peak', 'GC ms/s', 'longest', 'loop delay p99 ms', 'queued'],
]

/** The table of one load, also for the terminal. */
export function scenarioPart({ name, title, rate, subjects }: Scenario, runs: readonly Run[]): string {
  const measured = subjects.filter((subject) => valuesOf(runs, name, subject, (run) => run.round).length > 0)
  const rows = measured.map((subject) => {
    const mid = (digits: number, value: (run: Run) => number) =>
      medianOf(runs, name, subject, value).toFixed(digits)
    const runtime = (value: (run: NonNullable<Run['runtime']>) => number) =>
      runs.some((run) => run.subject === subject && run.runtime !== null)
        ? mid(1, (run) => (run.runtime === null ? Number.NaN : value(run.runtime)))
        : '–'
    const cells = [
      isOurs(subject) ? `**${SUBJECTS[subject]}**` : SUBJECTS[subject],
      ...[mid(0, (run) => run.eventsPerSecond), mid(1, (run) => run.cpuMicroseconds)],
      ...(['p50', 'p90', 'p99', 'p999', 'max'] as const).map((p) => mid(2, (run) => run.latency[p])),
      ...[mid(0, (run) => run.memory.now), mid(0, (run) => run.memory.peak)],
      runtime(({ gcMs, seconds }) => gcMs / seconds),
      ...[runtime(({ gcMaxMs }) => gcMaxMs), runtime(({ loopP99Ms }) => loopP99Ms)],
      runs.some((run) => run.subject === subject && run.queued !== null)
        ? mid(0, (run) => run.queued ?? Number.NaN)
        : '–',
    ]
    return `| ${cells.join(' | ')} |`
  })
  const of = (value: (run: Run) => number) => median(runs.filter((run) => run.scenario === name).map(value))
  const load = `The load program took ${of((run) => run.loadCores).toFixed(2)} cores`
  const late =
    rate === 0
      ? ''
      : `, and was itself late by ${of((run) => run.late.p50).toFixed(2)} ms (p50) and ${of((run) => run.late.p99).toFixed(2)} ms (p99), which is part of the latencies`
  return `## ${title}

| ${COLUMNS.join(' | ')} |
|${'---|'.repeat(COLUMNS.length)}
${rows.join('\n')}

${load}${late}.`
}

function verdictRow(
  subject: SubjectName,
  { answered, found, missing, doubled, outOfOrder, astray }: OrderVerdict,
  dropped: Readonly<Record<string, number>> | undefined,
): string {
  const reasons = Object.entries(dropped ?? {}).map(([reason, count]) => `${reason}: ${count}`)
  const counted = isOurs(subject) ? (reasons.length === 0 ? '0' : reasons.join(', ')) : '–'
  return `| ${[SUBJECTS[subject], answered, found, missing, counted, doubled, outOfOrder, astray].join(' | ')} |`
}
