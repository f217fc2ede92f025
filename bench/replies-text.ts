import { circumstances } from '../soak/machine.ts'
import type { Times } from './load/load-plan.ts'
import { type Buckets, quantile, together } from './measure/histogram.ts'
import { quantileMs } from './measure/latency.ts'
import { median } from './measure/statistics.ts'

/** One subject in one round. */
export interface RepliesRun {
  readonly name: string
  /** From when a call was due to its answer. */
  readonly latencyUs: Times
  /** How late the load program came to the calls; part of the above. */
  readonly lateUs: Times
  /** Of the provider's process, an event. */
  readonly cpuMicroseconds: number
  /** Kafka's times for the batches of this run. */
  readonly sends: Buckets
}

export interface RepliesSetting {
  readonly rate: number
  readonly rounds: number
  readonly seconds: number
  readonly driver: string
}

/** The dearest that `stored` may be beside `queued`, in µs an event. */
const STORED_COSTS_AT_MOST = 20

/** The table as it stands in the docs, and whether a target was missed. */
export function repliesText(
  names: readonly string[],
  runs: readonly RepliesRun[],
  { rate, rounds, seconds, driver }: RepliesSetting,
): { readonly text: string; readonly missed: boolean } {
  const of = (name: string) => runs.filter((run) => run.name === name)
  const rows = names.map((name) => {
    const mine = of(name)
    const mid = (value: (run: RepliesRun) => number) => median(mine.map(value)).toFixed(1)
    const sends = together(mine.map((run) => run.sends))
    const cells = [
      name,
      mid((run) => run.cpuMicroseconds),
      ...[0.5, 0.99].map((p) => mid((run) => quantileMs(run.latencyUs, p))),
      mid((run) => quantileMs(run.lateUs, 0.99)),
      ...[0.5, 0.99].map((p) => (quantile(sends, p) * 1000).toFixed(1)),
    ]
    return `| ${cells.join(' | ')} |`
  })
  /** Each round against the same round: what else the machine does then falls on both. */
  const dearer = (name: string, than: string) =>
    median(
      of(name).map((run, round) => run.cpuMicroseconds - (of(than)[round]?.cpuMicroseconds ?? Number.NaN)),
    )
  const targets = ['queued, disk', 'queued, memory']
    .filter((than) => names.includes(than) && names.includes('stored, disk'))
    .map((than) => ({ than, costs: dearer('stored, disk', than) }))
  const verdicts = targets.map(
    ({ than, costs }) =>
      `- ${costs <= STORED_COSTS_AT_MOST ? 'met' : '**MISSED**'}: \`stored\` costs ${costs.toFixed(1)} µs of CPU an event more than ` +
      `${than} (target ≤ ${STORED_COSTS_AT_MOST})`,
  )
  const text = `## What each reply costs

${circumstances()}.

${rate} hook calls a second, open loop, latency from when a call was due; medians of ${rounds} interleaved rounds of ${seconds} s; driver
${driver}. The generator's own lateness is part of the reply times. Kafka's time is \`exhook_kafka_send_seconds\` of the same seconds: from
the sending of a batch to the acknowledgement of all of it; a \`delivered\` reply waits for \`kafka.linger_ms\` (5) and for the batch
under way as well.

| reply, queue | CPU µs/event | reply p50 ms | p99 ms | generator late p99 ms | Kafka's time p50 ms | p99 ms |
|---|---|---|---|---|---|---|
${rows.join('\n')}

${verdicts.length > 0 ? verdicts.join('\n') : 'No queue on disk in this version: nothing to say of `stored`.'}
`
  return { text, missed: targets.some(({ costs }) => costs > STORED_COSTS_AT_MOST) }
}
