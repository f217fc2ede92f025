/**
 * `npm run bench`: what a hook call costs, beside the least that grpc-js can cost, in one interleaved run against a
 * real Kafka. Ends by itself. Options: --rounds 5 --seconds 3 --warm-up 1
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { consumeAll } from '../test/support/kafka/consume.ts'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import { type LoadResult, runLoad } from './load-client.ts'
import { processCpuMicroseconds } from './process-cpu.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { median } from './statistics.ts'

const CONNECTIONS = 8
const CALLS_PER_CONNECTION = 16
const TOPIC = 'bench'
const PARTITIONS = 6
const MATCHED = 'matched'
const UNMATCHED = 'elsewhere'

interface Subject {
  readonly name: string
  readonly server: ServerProcess
  readonly topicPrefix: string
}

interface Run extends LoadResult {
  readonly subject: Subject
  readonly cpuMicrosecondsPerEvent: number
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '1' },
  },
})

const FIRST_WARM_UP_MS = 6000
const phases: Phases = {
  warmUpMs: Number(options['warm-up']) * 1000,
  measureMs: Number(options.seconds) * 1000,
}
const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-bench-'))
console.log('starting Kafka …')
const kafka = await startKafka({ topics: { [TOPIC]: PARTITIONS }, jvmFlags: [], onLog: () => {} })
const servers: ServerProcess[] = []
/** Calls answered in all, warm-up included. */
const answeredBy = new Map<Subject, number>()
let lost = 0
try {
  const rules = join(folder, 'rules.yaml')
  await writeFile(rules, `rules:\n  - hook: message.publish\n    filter: ${MATCHED}/#\n    topic: ${TOPIC}\n`)
  const bare = await startServer(['bench/bare-server.ts'], ({ port }) => port as number | undefined)
  servers.push(bare)
  const ours = await startServer(
    [
      'src/bin.ts',
      'serve',
      `--rules=${rules}`,
      '--grpc-port=0',
      '--http-port=0',
      `--kafka-brokers=${kafka.bootstrap}`,
    ],
    ({ grpc }) => (typeof grpc === 'string' ? Number(grpc.split(':').at(-1)) : undefined),
  )
  servers.push(ours)

  const subjects: Subject[] = [
    { name: 'bare grpc-js, only answers', server: bare, topicPrefix: MATCHED },
    { name: 'exhook-kafka, matched', server: ours, topicPrefix: MATCHED },
    { name: 'exhook-kafka, no rule matches', server: ours, topicPrefix: UNMATCHED },
  ]
  // Compiled code first: what a server costs in its first seconds is another question.
  for (const subject of subjects) await measure(subject, { warmUpMs: 0, measureMs: FIRST_WARM_UP_MS })
  const runs: Run[] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    // Another order each round, so that none always comes first or last.
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[(i + round) % subjects.length] as Subject
      runs.push(await measure(subject, phases))
      const { measured, seconds, cpuMicrosecondsPerEvent } = runs.at(-1) as Run
      console.log(
        `round ${round + 1}: ${subject.name}: ${Math.round(measured / seconds)} events/s, ${cpuMicrosecondsPerEvent.toFixed(1)} µs`,
      )
    }
  }
  await ours.stop()
  lost = await verify(answeredBy.get(subjects[1] as Subject) ?? 0)
  report(subjects, runs)
} finally {
  await Promise.all(servers.map((server) => server.stop()))
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = lost === 0 ? 0 : 1

interface Phases {
  readonly warmUpMs: number
  readonly measureMs: number
}

async function measure(subject: Subject, { warmUpMs, measureMs }: Phases): Promise<Run> {
  let cpu = 0
  const result = await runLoad({
    port: subject.server.port,
    connections: CONNECTIONS,
    callsPerConnection: CALLS_PER_CONNECTION,
    warmUpMs,
    measureMs,
    topicPrefix: subject.topicPrefix,
    onPhase: (phase) => {
      const now = processCpuMicroseconds(subject.server.pid)
      cpu = phase === 'begin' ? now : now - cpu
    },
  })
  if (subject.topicPrefix === MATCHED)
    answeredBy.set(subject, (answeredBy.get(subject) ?? 0) + result.answered)
  if (result.failed > 0) throw new Error(`${subject.name}: ${result.failed} calls failed`)
  return { ...result, subject, cpuMicrosecondsPerEvent: cpu / result.measured }
}

/** Counts what stands in Kafka: every answered call of a matched event is there. Returns how many are not. */
async function verify(answered: number): Promise<number> {
  const found = await consumeAll(kafka.bootstrap, [TOPIC], { timeoutMs: 120_000 })
  const partitionOf = new Map<string | null, Set<number>>()
  for (const { key, partition } of found) {
    partitionOf.set(key, (partitionOf.get(key) ?? new Set()).add(partition))
  }
  const astray = [...partitionOf.values()].filter((partitions) => partitions.size > 1).length
  console.log(
    `\nin Kafka: ${found.length} of ${answered} answered; devices on more than one partition: ${astray}`,
  )
  return Math.max(0, answered - found.length) + astray
}

function report(subjects: readonly Subject[], runs: readonly Run[]): void {
  const of = (subject: Subject | undefined, value: (run: Run) => number) =>
    median(runs.filter((run) => run.subject === subject).map(value))
  const cpu = (subject: Subject | undefined) => of(subject, (run) => run.cpuMicrosecondsPerEvent)
  // Each round against the bare server of the same round: what else the machine does then falls on both.
  const ratio = (subject: Subject | undefined) => {
    const costs = (of: Subject | undefined) =>
      runs.filter((run) => run.subject === of).map((run) => run.cpuMicrosecondsPerEvent)
    const bare = costs(subjects[0])
    return median(costs(subject).map((cost, round) => cost / (bare[round] ?? Number.NaN)))
  }
  console.log(
    `\n${CONNECTIONS} connections × ${CALLS_PER_CONNECTION} calls, medians of ${options.rounds} rounds of ${options.seconds} s, ` +
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
  )
  console.log(
    '\n| server | events/s | CPU µs/event | × bare | reply p50 ms | reply p99 ms |\n|---|---|---|---|---|---|',
  )
  for (const subject of subjects) {
    const cells = [
      subject.name,
      Math.round(of(subject, (run) => run.measured / run.seconds)),
      cpu(subject).toFixed(1),
      ratio(subject).toFixed(2),
      of(subject, (run) => run.p50Ms).toFixed(2),
      of(subject, (run) => run.p99Ms).toFixed(2),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
  verdict('a matched event', cpu(subjects[1]), 80, 'µs')
  verdict('a matched event, × bare', ratio(subjects[1]), 1.7)
  verdict('an event that no rule matches, × bare', ratio(subjects[2]), 1.15)
}

function verdict(what: string, value: number, target: number, unit = ''): void {
  console.log(
    `${value <= target ? 'met   ' : 'MISSED'} ${what}: ${value.toFixed(2)} ${unit} (target ≤ ${target} ${unit})`,
  )
}
