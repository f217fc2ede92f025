/**
 * `npm run bench`: what a hook call costs, all the way into a real Kafka, beside other servers in the same interleaved run.
 * Ends by itself. A whole run writes bench/RESULTS.md and its picture. Options:
 *   --rounds 3 --seconds 2 --warm-up 0.7
 *   --quick            one short round of the two main loads
 *   --only <words>     scenarios and subjects whose name holds one of these words, separated by commas
 *   --contract v3      the other version of the contract
 *   --load node        the load program in TypeScript, where Go's is the default
 *   --out <file>       where the results go, of a part of a run too
 * Exit code 1 when a call to one of our servers fails, or anything that they answered is missing in Kafka, doubled, out of
 * order or astray.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { circumstances } from '../soak/machine.ts'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import { type LoadProgram, loadProgram, NODE_LOAD } from './load/run-load.ts'
import type { OrderVerdict } from './measure/order-check.ts'
import { type OwnRecords, settledRecords } from './measure/own-metrics.ts'
import { runPhase } from './measure/run-phase.ts'
import { type CallCounts, verifyTopic } from './measure/verify-topic.ts'
import { benchOptions } from './options.ts'
import { TUTORIAL_PACKAGES } from './peers/start-peers.ts'
import { resultsPage, scenarioPart } from './report/results-page.ts'
import { resultsPicture } from './report/results-picture.ts'
import type { Run } from './report/run.ts'
import { faultsOf, targetLine, targetsOf } from './report/targets.ts'
import type { Scenario } from './scenarios.ts'
import { isOurs, KAFKA_TOPICS, type Subject, type SubjectName, startSubjects } from './subjects.ts'

const options = benchOptions(process.argv.slice(2))
const { scenarios, rounds, seconds, warmUpSeconds, version, out } = options
const PARTITIONS = 6
const FIRST_WARM_UP = { name: 'the first warm-up', clients: 128, rate: 0, mix: 'publish' } as const

const leftOut = [
  'go_emqx_exhook (github.com/thousmile/go_emqx_exhook): the Go module proxy did not serve it when this bench was written, and its module path is not its address, so `go install` cannot build it either.',
]
const runs: Run[] = []
/** Phases in which calls failed; they count for no figure. */
const failures: { readonly subject: SubjectName; readonly what: string }[] = []
/** Of the peers, in their own words. */
const versions: string[] = [...TUTORIAL_PACKAGES]
const callsInto = new Map<string, CallCounts>()
const NONE: CallCounts = { answered: 0, failed: 0 }
const wanted = [...new Set(scenarios.flatMap(({ subjects }) => subjects))]
const program: LoadProgram = options.load === 'node' ? NODE_LOAD : await loadProgram()
const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-bench-'))
console.log('starting Kafka …')
const topics = Object.fromEntries(KAFKA_TOPICS.map((topic) => [topic, PARTITIONS]))
const kafka = await startKafka({ topics, jvmFlags: [] })
const verdicts = new Map<SubjectName, OrderVerdict>()
/** What our servers themselves say that they dropped, by reason. */
const dropped = new Map<SubjectName, OwnRecords['dropped']>()
let phases = 0
try {
  const { subjects, stop } = await startSubjects(
    wanted,
    { bootstrap: kafka.bootstrap, folder },
    (name, why) => {
      leftOut.push(`${name}: ${why}`)
      console.log(`left out: ${leftOut.at(-1)}`)
    },
  )
  try {
    const { grpcGo, go } = subjects.find(({ name }) => name === 'bare grpc-go')?.server.line ?? {}
    if (go !== undefined) versions.push(`grpc-go ${grpcGo}`, String(go))
    for (const subject of subjects)
      await load(subject, FIRST_WARM_UP, { warmUpMs: 0, measureMs: options.firstWarmUpSeconds * 1000 })
    for (let round = 0; round < rounds; round++)
      for (const scenario of scenarios) await runRound(scenario, subjects, round)
    for (const { name, server, kafkaTopic } of subjects)
      if (kafkaTopic !== null) dropped.set(name, (await settledRecords(server))?.dropped ?? {})
  } finally {
    await stop()
  }
  console.log('reading what is in Kafka …')
  for (const { name, kafkaTopic } of subjects)
    if (kafkaTopic !== null)
      verdicts.set(name, await verifyTopic(kafka.bootstrap, kafkaTopic, callsInto.get(kafkaTopic) ?? NONE))
} finally {
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = (await report()) === 0 ? 0 : 1

/** Each subject once, in another order each round, so that none always comes first or last. */
async function runRound(scenario: Scenario, subjects: readonly Subject[], round: number): Promise<void> {
  const takesPart = subjects.filter(({ name }) => scenario.subjects.includes(name))
  for (let i = 0; i < takesPart.length; i++) {
    const subject = takesPart[(i + round) % takesPart.length] as Subject
    const measurement = await load(subject, scenario, {
      warmUpMs: warmUpSeconds * 1000,
      measureMs: seconds * 1000,
    })
    if (measurement.failure !== null) continue
    runs.push({ ...measurement, scenario: scenario.name, subject: subject.name, round })
    const { eventsPerSecond, cpuMicroseconds, latency, loadCores } = measurement
    console.log(
      `round ${round + 1}, ${scenario.name}: ${subject.name}: ${Math.round(eventsPerSecond)} events/s, ` +
        `${cpuMicroseconds.toFixed(1)} µs, p99 ${latency.p99.toFixed(2)} ms (load ${loadCores.toFixed(2)} cores)`,
    )
  }
}

async function load(
  subject: Subject,
  scenario: Pick<Scenario, 'name' | 'clients' | 'rate' | 'mix'>,
  times: { readonly warmUpMs: number; readonly measureMs: number },
) {
  const prefix = `p${++phases}-`
  const measurement = await runPhase(program, subject, scenario, { ...times, version, prefix })
  if (subject.kafkaTopic !== null) {
    const before = callsInto.get(subject.kafkaTopic) ?? NONE
    callsInto.set(subject.kafkaTopic, {
      answered: before.answered + measurement.answered,
      failed: before.failed + measurement.failed,
    })
  }
  if (measurement.failure !== null) {
    failures.push({ subject: subject.name, what: `${scenario.name}: ${measurement.failure}` })
    console.log(`${subject.name}: ${failures.at(-1)?.what}`)
  }
  return measurement
}

/** Gives how much of ours failed, is lost, doubled, out of order or astray. */
async function report(): Promise<number> {
  const ours = [...verdicts].filter(([name]) => isOurs(name)).map(([, verdict]) => verdict)
  const ourFailures = failures.filter(({ subject }) => isOurs(subject)).length
  const faults = ours.reduce((sum, verdict) => sum + faultsOf(verdict), ourFailures)
  const targets = targetsOf(runs, ours.length > 0 ? faults : null)
  for (const scenario of scenarios) console.log(`\n${scenarioPart(scenario, runs)}`)
  console.log()
  for (const [name, verdict] of verdicts)
    console.log(`${name}: ${JSON.stringify({ ...verdict, dropped: dropped.get(name) })}`)
  console.log(`\n${targets.map(targetLine).join('\n')}`)
  if (out === null) return faults
  const picture = `${basename(out, '.md').toLowerCase()}.svg`
  const command = ['npm run bench', process.argv.slice(2).join(' ')]
    .filter((word) => word !== '')
    .join(' -- ')
  await writeFile(join(dirname(out), picture), resultsPicture(runs))
  await writeFile(
    out,
    resultsPage({
      ...{
        runs,
        scenarios,
        verdicts,
        targets,
        failures,
        dropped,
        leftOut,
        command,
        rounds,
        seconds,
        picture,
      },
      circumstances: `${circumstances()}; the peers: ${versions.join(', ')}`,
      loadProgram: program.name === 'Go' ? 'in Go' : 'in TypeScript',
    }),
  )
  console.log(`\nwritten: ${out}`)
  return faults
}
