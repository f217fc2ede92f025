/**
 * `npm run bench:replies`: what each `reply` costs, in one interleaved run at a fixed rate against a real Kafka: CPU of
 * the provider an event, latency of the reply, and Kafka's own time for a batch beside it. Ends by itself; the table
 * goes to docs/soak.md. Options: --rounds 5 --seconds 5 --warm-up 2 --rate 5000 --driver kafkajs --out <file>
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SOAK_PAGE, writePart } from '../soak/docs-page.ts'
import { OPTION_BY_PATH } from '../src/config/option-list.ts'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import { type ProviderProcess, startProvider } from '../test/support/provider.ts'
import { hookCalls } from './load/hook-calls.ts'
import { loadProgram, runLoad } from './load/run-load.ts'
import { type Buckets, between, bucketsOf } from './measure/histogram.ts'
import { quantileMs } from './measure/latency.ts'
import { treeCpuMicroseconds } from './measure/process-tree.ts'
import { type RepliesRun, repliesText } from './replies-text.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    rate: { type: 'string', default: '5000' },
    driver: { type: 'string', default: 'kafkajs' },
    out: { type: 'string', default: SOAK_PAGE },
  },
})
const TOPIC = 'bench'
const FIRST_WARM_UP_SECONDS = 6
const CONNECTIONS = 8
const CLIENTS = 400

const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-bench-'))
console.log('starting Kafka …')
const kafka = await startKafka({ topics: { [TOPIC]: 6 }, jvmFlags: [] })
const providers: ProviderProcess[] = []
const program = await loadProgram()
try {
  const subjects = await startSubjects()
  // Compiled code first: what a server costs in its first seconds is another question.
  for (const subject of subjects) await measure(subject, FIRST_WARM_UP_SECONDS, 1)
  const runs: RepliesRun[] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    for (let i = 0; i < subjects.length; i++) {
      // Another order each round, so that none always comes first or last.
      const subject = subjects[(i + round) % subjects.length] as Subject
      const run = await measure(subject, Number(options['warm-up']), Number(options.seconds))
      runs.push(run)
      const { cpuMicroseconds, latencyUs, lateUs } = run
      const [p50, p99] = [0.5, 0.99].map((p) => quantileMs(latencyUs, p).toFixed(1))
      console.log(
        `round ${round + 1}: ${subject.name}: ${cpuMicroseconds.toFixed(1)} µs, reply p50 ${p50} ms, ` +
          `p99 ${p99} ms (generator late ${quantileMs(lateUs, 0.99).toFixed(1)} ms)`,
      )
    }
  }
  const { text, missed } = repliesText(
    subjects.map(({ name }) => name),
    runs,
    {
      rate: Number(options.rate),
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      driver: options.driver,
    },
  )
  console.log(`\n${text}`)
  writePart(options.out, 'replies', text)
  process.exitCode = missed ? 1 : 0
} finally {
  for (const provider of providers) await provider.stop()
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
}

interface Subject {
  readonly name: string
  readonly provider: ProviderProcess
  readonly topicPrefix: string
}

/** A provider with its queue in memory, one with it on disk where this version has that, and every reply of each. */
async function startSubjects(): Promise<Subject[]> {
  const memory = await startOne(['queued', 'delivered'], [])
  const subjects = [
    subject('queued, memory', memory, 'queued'),
    subject('delivered, memory', memory, 'delivered'),
  ]
  if (!OPTION_BY_PATH.has('queue.disk.path')) {
    console.log('no queue on disk in this version: only the replies without it')
    return subjects
  }
  const disk = await startOne(
    ['queued', 'stored', 'delivered'],
    [`--queue-disk-path=${join(folder, 'queue')}`],
  )
  return [
    ...subjects,
    subject('queued, disk', disk, 'queued'),
    subject('stored, disk', disk, 'stored'),
    subject('delivered, disk', disk, 'delivered'),
  ]
}

function subject(name: string, provider: ProviderProcess, topicPrefix: string): Subject {
  return { name, provider, topicPrefix }
}

async function startOne(replies: readonly string[], flags: readonly string[]): Promise<ProviderProcess> {
  const rules = join(folder, `rules-${providers.length}.yaml`)
  const lines = replies.map(
    (reply) => `  - {hook: message.publish, filter: ${reply}/#, topic: ${TOPIC}, reply: ${reply}}`,
  )
  await writeFile(rules, `rules:\n${lines.join('\n')}\n`)
  const provider = await startProvider([
    ...[`--rules=${rules}`, `--kafka-brokers=${kafka.bootstrap}`, `--kafka-driver=${options.driver}`],
    ...flags,
  ])
  providers.push(provider)
  return provider
}

async function measure(subject: Subject, warmUp: number, seconds: number): Promise<RepliesRun> {
  const { provider, name, topicPrefix } = subject
  const before = await sendTimes(provider)
  let cpu = 0
  const result = await runLoad(
    program,
    {
      ...{ port: provider.grpcPort, connections: CONNECTIONS, clients: CLIENTS, prefix: 'bench-' },
      calls: hookCalls({ mix: 'publish', version: 'v2', prefix: 'bench-', topicPrefix }),
      ...{ rate: Number(options.rate), warmUpMs: warmUp * 1000, measureMs: seconds * 1000 },
    },
    (phase) => {
      const now = treeCpuMicroseconds(provider.pid)
      cpu = phase === 'begin' ? now : now - cpu
    },
  )
  if (result.failed > 0) throw new Error(`${name}: ${result.failed} calls failed: ${result.firstFailure}`)
  const sends = between(before, await sendTimes(provider))
  const { latencyUs, lateUs, measured } = result
  return { name, latencyUs, lateUs, cpuMicroseconds: cpu / measured, sends }
}

async function sendTimes({ httpPort }: ProviderProcess): Promise<Buckets> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
  return bucketsOf(text, 'exhook_kafka_send_seconds')
}
